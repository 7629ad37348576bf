// How administrators manage the streams of Shared Signals.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError, invalidField } from '@postern/service/errors'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { isId } from '@postern/service/ids'
import { readPage, type Page, type PageRange } from '@postern/service/pages'
import type { SignalRepository } from '../../repositories/signals/signals.js'
import type {
  CountedStream,
  StoredStream,
  StreamMethod,
  StreamRepository,
  StreamStatus,
} from '../../repositories/signals/streams.js'
import type { Actor, AuditEvent, AuditTrail } from '../audit/index.js'
import { DISCARD_BATCH } from './discarding.js'
import { deliveredEvents, SUPPORTED_EVENTS } from './event-types.js'
import { type HeaderSeal, hashOfToken, newToken } from './stream-secrets.js'
import type { SetStreamStatus } from './stream-status.js'
import { recordVerification } from './verification.js'

/** Each event becomes a row for each of them. */
const MAX_STREAMS = 100

/** A stream as administrators see it: without secrets. */
export interface ManagedStream extends Omit<CountedStream, 'sealedAuthorization' | 'eventsRequested'> {
  eventsRequested: string[]
  eventsDelivered: string[]
  hasAuthorizationHeader: boolean
}

export interface StreamInput {
  audience: string
  description?: string | null | undefined
  method: StreamMethod
  endpointUrl?: string | null | undefined
  authorizationHeader?: string | null | undefined
  /** By default all. */
  events?: string[] | null | undefined
}

/** What is omitted stays. */
export interface StreamUpdate {
  description?: string | null | undefined
  endpointUrl?: string | null | undefined
  authorizationHeader?: string | null | undefined
  events?: string[] | null | undefined
  status?: StreamStatus | null | undefined
  statusReason?: string | null | undefined
}

export const requestedEvents = ({ eventsRequested }: { eventsRequested: string }): string[] =>
  JSON.parse(eventsRequested) as string[]

function toManagedStream({ sealedAuthorization, ...stream }: CountedStream): ManagedStream {
  const eventsRequested = requestedEvents(stream)
  const hasAuthorizationHeader = sealedAuthorization !== null
  return { ...stream, eventsRequested, eventsDelivered: deliveredEvents(eventsRequested), hasAuthorizationHeader }
}

export type StreamService = ReturnType<typeof createStreamService>

interface Parts {
  transaction: MysqlTransaction
  streams: StreamRepository
  signals: SignalRepository
  setStatus: SetStreamStatus
  audit: AuditTrail
  seal: HeaderSeal
  /** What is wrong with the URL of a push, as the end of a sentence about it, or null. */
  urlProblem: (url: string) => string | null
  /** Called when something can be pushed. */
  wake: () => void
  /** Called when a stream was deleted. */
  discard: () => void
}

export function createStreamService({ transaction, streams, signals, setStatus, audit, seal, ...others }: Parts) {
  const { urlProblem, wake, discard } = others

  function checkUrl(url: string): string {
    const problem = urlProblem(url)
    if (problem !== null) throw invalidField('endpointUrl', `The URL ${problem}.`)
    return url
  }

  async function find(id: string): Promise<ManagedStream> {
    const [stream] = await streams.findByIds([id])
    if (!stream) throw new ServiceError('NOT_FOUND')
    return toManagedStream(stream)
  }

  /** Runs `work` with the locked stream, and records it. Throws NOT_FOUND. */
  const change = (id: string, action: AuditEvent['action'], actor: Actor, work: ChangeOf) =>
    transaction(async (tx) => {
      const stream = await streams.lock(tx, id)
      if (!stream) throw new ServiceError('NOT_FOUND')
      const facts = await work(tx, stream)
      await audit.record(tx, { action, actor, accountId: null, facts: { stream: id, ...facts } })
    })

  return {
    find,

    /** Those of the ids, for an administrator. Other users see none. */
    async findVisible({ role }: { role: 'USER' | 'ADMIN' }, ids: readonly string[]): Promise<ManagedStream[]> {
      return role === 'ADMIN' ? (await streams.findByIds(ids.filter(isId))).map(toManagedStream) : []
    },

    list: async (range: PageRange): Promise<Page<ManagedStream>> => {
      const { nodes, ...page } = await readPage(
        range,
        (limit) => streams.list({ ...range, limit }),
        (behind) => streams.exists(behind),
      )
      return { ...page, nodes: nodes.map(toManagedStream) }
    },

    /** Returns the stream, and the receiver's token, which nothing returns again. */
    async create(input: StreamInput, actor: Actor): Promise<{ stream: ManagedStream; token: string }> {
      const { audience, description = null, method, authorizationHeader, events } = input
      const [id, token] = [uuidv7(), newToken()]
      if (method === 'push' && input.endpointUrl == null)
        throw invalidField('endpointUrl', 'A stream that pushes needs the URL of its receiver.')
      if (method === 'poll' && (input.endpointUrl != null || authorizationHeader != null))
        throw invalidField('endpointUrl', 'A stream that is polled has no URL of the receiver, and no header.')
      const stream = {
        ...{ id, audience, description, method },
        endpointUrl: input.endpointUrl == null ? null : checkUrl(input.endpointUrl),
        sealedAuthorization: authorizationHeader == null ? null : seal.seal(authorizationHeader, id),
        tokenHash: hashOfToken(token) ?? '',
        eventsRequested: JSON.stringify(events ?? SUPPORTED_EVENTS),
      }
      await transaction(async (tx) => {
        if ((await streams.count(tx)) >= MAX_STREAMS)
          throw new ServiceError('FORBIDDEN', {
            message: `There can be at most ${MAX_STREAMS} streams. Delete one first.`,
          })
        await streams.insert(tx, stream)
        const facts = { stream: id, method, audience }
        await audit.record(tx, { action: 'CREATE_SIGNAL_STREAM', actor, accountId: null, facts })
      })
      return { stream: await find(id), token }
    },

    /** Throws NOT_FOUND. */
    async update(id: string, update: StreamUpdate, actor: Actor): Promise<ManagedStream> {
      await change(id, 'UPDATE_SIGNAL_STREAM', actor, async (tx, stream) => {
        const { description, endpointUrl, authorizationHeader: header, events, status, statusReason } = update
        if (stream.method === 'poll' && (endpointUrl != null || header != null))
          throw invalidField('endpointUrl', 'A stream that is polled has no URL of the receiver, and no header.')
        await streams.update(tx, id, {
          ...(description !== undefined && { description }),
          ...(endpointUrl != null && { endpointUrl: checkUrl(endpointUrl) }),
          ...(header !== undefined && { sealedAuthorization: header === null ? null : seal.seal(header, id) }),
          ...(events != null && { eventsRequested: JSON.stringify(events) }),
        })
        if (status != null) await setStatus(tx, stream, { status, reason: statusReason ?? null, by: 'admin' })
        tx.afterCommit(wake)
        const fields = Object.entries(update).flatMap(([name, value]) => (value === undefined ? [] : name))
        return { fields: fields.join(' '), ...(status != null && { status }) }
      })
      return find(id)
    },

    /** The token before it no longer works. Throws NOT_FOUND. */
    async rotateToken(id: string, actor: Actor): Promise<{ stream: ManagedStream; token: string }> {
      const token = newToken()
      await change(id, 'ROTATE_SIGNAL_STREAM_TOKEN', actor, async (tx) => {
        await streams.update(tx, id, { tokenHash: hashOfToken(token) ?? '' })
        return {}
      })
      return { stream: await find(id), token }
    },

    /** Signals that wait are lost. Throws NOT_FOUND. */
    delete: (id: string, actor: Actor): Promise<void> =>
      change(id, 'DELETE_SIGNAL_STREAM', actor, async (tx) => {
        await streams.delete(tx, id)
        await signals.clearAll(tx, id, DISCARD_BATCH)
        tx.afterCommit(discard)
        return {}
      }),

    /** Throws NOT_FOUND, and FORBIDDEN for a disabled stream. */
    async verify(id: string, state: string | null): Promise<void> {
      await transaction(async (tx) => {
        const stream = await streams.lock(tx, id)
        if (!stream) throw new ServiceError('NOT_FOUND')
        await recordVerification(tx, signals, stream, state)
        tx.afterCommit(wake)
      })
    },
  }
}

/** Returns facts for the audit log. */
type ChangeOf = (tx: Statements, stream: StoredStream) => Promise<Record<string, string>>
