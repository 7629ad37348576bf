// Who requests a hash: decides whose turn it is when many wait.
import { networkOf } from '@postern/service/networks'

export interface Requester {
  /** The network that the request comes from. Empty for signed-in users, who share by account only. */
  readonly network: string
  /** The account, or the name that was typed if there is none. */
  readonly account: string
  /** Aborts when the client disconnects: then the hash is not needed anymore. */
  readonly signal: AbortSignal | null
}

/** The service itself, at its start. */
export const SERVICE: Requester = { network: '', account: 'service', signal: null }

export const clientRequester = (
  { ipAddress, signal }: { ipAddress: string | null; signal: AbortSignal },
  account: string,
): Requester => ({ network: networkOf(ipAddress ?? ''), account, signal })

/** A signed-in user, who needs no fair share beside those who guess passwords. */
export const userRequester = (userId: string): Requester => ({ network: '', account: userId, signal: null })
