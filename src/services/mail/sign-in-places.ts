// Knows from where an account has signed in: the kind of browser and the network, which only a client without a device
// token needs.
import { recognizeDevice } from '@postern/contract/devices'
import { neighborhoodOf } from '@postern/service/networks'

/** Where and when a session was started. */
export interface SignInClient {
  ipAddress: string | null
  userAgent: string | null
  /** Of the user. */
  generation: number
}

interface Options {
  /** Null if the session has been deleted. */
  findClient: (sessionId: string) => Promise<SignInClient | null>
  /** Of the user's sessions of the same generation that were started before this one. */
  findEarlierClients: (
    userId: string,
    session: { id: string; generation: number },
  ) => Promise<Pick<SignInClient, 'ipAddress' | 'userAgent'>[]>
  /** Whether `remember` was called for this text less than 90 days ago. */
  isRemembered: (text: string) => Promise<boolean>
  remember: (text: string) => Promise<void>
}

export type SignInPlaces = ReturnType<typeof createSignInPlaces>

/** Null without an address: then only the browser would be compared, and many people have the same. */
function placeOf({ ipAddress, userAgent }: Pick<SignInClient, 'ipAddress' | 'userAgent'>): string | null {
  if (ipAddress === null) return null
  const browser = recognizeDevice(userAgent ?? '')?.name ?? userAgent ?? ''
  return `${neighborhoodOf(ipAddress)} ${browser}`
}

export function createSignInPlaces({ findClient, findEarlierClients, isRemembered, remember }: Options) {
  /** Ends with the generation, as device tokens do: a new password makes every place new. */
  const textOf = (userId: string, { generation }: SignInClient, place: string) => `${userId} ${generation} ${place}`

  return {
    /**
     * Whether the account has signed in from there before: an earlier session is still stored, or its owner got a mail about
     * it and has signed in there at least every 90 days since.
     */
    async isKnown(userId: string, sessionId: string): Promise<boolean> {
      const client = await findClient(sessionId)
      const place = client && placeOf(client)
      if (!client || place === null) return false
      const { generation } = client
      const earlier = await findEarlierClients(userId, { id: sessionId, generation })
      if (earlier.some((other) => placeOf(other) === place)) return true
      const text = textOf(userId, client, place)
      if (!(await isRemembered(text))) return false
      await remember(text)
      return true
    },

    /** For after the mail: if it can't be sent yet, the next sign-in must not prevent it. */
    async remember(userId: string, sessionId: string): Promise<void> {
      const client = await findClient(sessionId)
      const place = client && placeOf(client)
      if (client && place !== null) await remember(textOf(userId, client, place))
    },
  }
}
