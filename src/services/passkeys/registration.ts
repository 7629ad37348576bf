// Adds a passkey to the account of the signed-in user.
import { recognizeDevice } from '@postern/contract/devices'
import { ServiceError } from '@postern/service/errors'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { lockUser } from '../../repositories/database/locked-user.js'
import type { NewPasskey, PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import type { UsedChallenges } from '../../repositories/passkeys/used-challenges.js'
import { type AuditTrail, type Refusals, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Viewer } from '../sessions/index.js'
import type { Ceremonies, PasskeyOptions } from './ceremonies.js'
import type { CheckedChallenge } from './challenges.js'
import { loadWebAuthn } from './load-webauthn.js'
import type { OnRefused } from './login.js'
import { factsOf, type OwnPasskey, ownPasskey } from './own-passkeys.js'
import { providerOf } from './providers.js'
import type { Refusal, RegistrationResponse } from './responses.js'
import type { UserHandles } from './user-handles.js'

/** More than anyone has devices. A list that is excluded from a registration must stay short. */
const MAX_PASSKEYS = 20

interface Dependencies {
  transaction: MysqlTransaction
  repositories: { passkeys: PasskeyRepository; challenges: UsedChallenges }
  ceremonies: Ceremonies
  handles: UserHandles
  /** Throws REAUTHENTICATION_REQUIRED. */
  requireStepUp: (viewer: Viewer) => Promise<void>
  trails: { audit: AuditTrail; refusals: Refusals; events: EventTrail }
  onRefused: OnRefused
  clock: Clock
}

export type PasskeyRegistration = ReturnType<typeof createPasskeyRegistration>

export function createPasskeyRegistration(dependencies: Dependencies) {
  const { transaction, repositories, ceremonies, handles, requireStepUp, onRefused, clock } = dependencies
  const { passkeys, challenges } = repositories
  const { audit, refusals, events } = dependencies.trails

  function refuse(viewer: Viewer, reason: Refusal): never {
    onRefused(reason, null)
    const event = { action: 'ADD_PASSKEY', result: 'FAILURE', actor: userActor(viewer) } as const
    refusals.note({ ...event, accountId: viewer.user.id, facts: { reason } })
    throw new ServiceError(reason === 'expired' ? 'CHALLENGE_EXPIRED' : 'PASSKEY_INVALID')
  }

  async function add(viewer: Viewer, challenge: CheckedChallenge, passkey: NewPasskey): Promise<void> {
    const { id: userId, generation } = viewer.user
    await transaction(async (tx) => {
      // Other registrations of the user wait here, and count this one.
      const account = await lockUser(tx, { id: userId })
      if (account?.generation !== generation || account.disabledAt) throw new ServiceError('UNAUTHENTICATED')
      if (!(await challenges.use(tx, challenge.hash, challenge.expiresAt))) throw new ServiceError('PASSKEY_INVALID')
      if ((await passkeys.count(tx, userId)) >= MAX_PASSKEYS) throw new ServiceError('TOO_MANY_PASSKEYS')
      await passkeys.insert(tx, passkey)
      const facts = { passkey: passkey.id }
      await audit.record(tx, { action: 'ADD_PASSKEY', actor: userActor(viewer), accountId: userId, facts })
      await events.record(tx, userId, { type: 'passkey.added', data: factsOf(passkey) })
    })
  }

  return {
    /** Throws REAUTHENTICATION_REQUIRED and TOO_MANY_PASSKEYS: before the authenticator creates something in vain. */
    async start(viewer: Viewer): Promise<PasskeyOptions> {
      await requireStepUp(viewer)
      const { user, sessionId } = viewer
      const existing = await passkeys.list(user.id)
      if (existing.length >= MAX_PASSKEYS) throw new ServiceError('TOO_MANY_PASSKEYS')
      const { registrationOptions } = await loadWebAuthn()
      const displayName = [user.firstName, user.lastName].filter((name) => name !== null).join(' ')
      return ceremonies.start('register', sessionId, (challenge) =>
        registrationOptions(ceremonies.party, {
          challenge,
          user: { handle: handles.of(user.id, existing), name: user.email, displayName: displayName || user.email },
          exclude: existing.map(({ credentialId: id, transports }) => ({ id, transports })),
        }),
      )
    },

    /**
     * The challenge shows that this session has passed `start`, so the step-up is not required again: the authenticator
     * has its passkey by now. Throws CHALLENGE_EXPIRED, PASSKEY_INVALID and TOO_MANY_PASSKEYS.
     */
    async finish(viewer: Viewer, response: RegistrationResponse, name: string | null): Promise<OwnPasskey> {
      const { user, sessionId, client } = viewer
      const challenge = ceremonies.check(response.response.clientDataJSON, 'register', sessionId)
      if (typeof challenge === 'string') return refuse(viewer, challenge)
      const { verifyRegistration } = await loadWebAuthn()
      const created = await verifyRegistration(ceremonies.party, response, challenge.bytes)
      if (typeof created === 'string') return refuse(viewer, created)
      const existing = await passkeys.list(user.id)
      const device = recognizeDevice(client.userAgent ?? '')?.name
      const passkey: NewPasskey = {
        ...created,
        ...{ id: uuidv7(), userId: user.id, userHandle: handles.of(user.id, existing), now: clock() },
        transports: response.response.transports,
        name: name ?? providerOf(created.aaguid) ?? device ?? 'Passkey',
      }
      await add(viewer, challenge, passkey).catch((error: unknown) => {
        if (error instanceof ServiceError && error.code === 'PASSKEY_INVALID') refuse(viewer, 'used')
        throw error
      })
      return ownPasskey({ ...passkey, createdAt: passkey.now, lastUsedAt: null }, ceremonies.party.id)
    },
  }
}
