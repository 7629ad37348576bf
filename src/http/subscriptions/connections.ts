// The open connections of subscriptions: how many there may be, what ends them, and what the log and the metrics say.
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import { networkOf } from '@postern/service/networks'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { Config } from '../../config/index.js'
import type { Metrics } from '../../platform/metrics.js'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { CloseReason, SubscriptionService } from '../../services/subscriptions/index.js'

export const TRANSPORTS = ['websocket', 'sse'] as const

export type Transport = (typeof TRANSPORTS)[number]

/** `client`: it went away, or ended the subscription. `unresponsive`: it answers no pings. `refused`: before it was signed in. */
export const END_REASONS = [
  'client',
  'refused',
  'unresponsive',
  'session_ended',
  'token_revoked',
  'token_expired',
  'slow_reader',
  'stopping',
] as const

export type EndReason = (typeof END_REASONS)[number]

/** How long clients wait before they try again. */
const RETRY_AFTER_SECONDS = 30

export interface Connection {
  /** Signs in: from then on, the connection follows the account. Throws a ServiceError. */
  signIn(context: GraphQLContext): Promise<void>
  /** Call it once, when the connection is closed. The first reason counts. */
  ended(reason: EndReason): void
  /** Remembers why the service closes it. */
  ends(reason: EndReason): void
}

export type Connections = ReturnType<typeof createConnections>

interface Parts {
  config: Pick<Config, 'SUBSCRIPTIONS_PER_USER' | 'SUBSCRIPTIONS_PER_ADDRESS'>
  subscriptions: SubscriptionService
  metrics: Metrics
  logger: Logger
}

const tooMany = (whose: string): ServiceError =>
  new ServiceError('RATE_LIMITED', {
    message: `Too many open subscriptions ${whose}. Close some, or try again later.`,
    retryAfter: RETRY_AFTER_SECONDS,
  })

export function createConnections({ config, subscriptions, metrics, logger }: Parts) {
  const perNetwork = new Map<string, number>()
  const open = new Map<Connection, () => void>()
  const counts = metrics.subscriptions(TRANSPORTS, END_REASONS)
  let isStopping = false

  function leave(network: string): void {
    const left = (perNetwork.get(network) ?? 1) - 1
    if (left > 0) perNetwork.set(network, left)
    else perNetwork.delete(network)
  }

  return {
    /**
     * Lets a connection in. Throws a ServiceError if its address has too many. `close` is called with the reason if the
     * service ends it; everything that was delivered before must still be sent.
     */
    open(facts: RequestFacts, transport: Transport, close: (reason: CloseReason) => void): Connection {
      if (isStopping) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
      const network = networkOf(facts.address)
      const count = perNetwork.get(network) ?? 0
      if (count >= config.SUBSCRIPTIONS_PER_ADDRESS) throw tooMany('from this address')
      perNetwork.set(network, count + 1)
      counts.opened(transport)
      let watch: GraphQLContext['watch'] = null
      let why: EndReason | null = null
      let isOpen = true

      function over(reason: CloseReason): void {
        why ??= reason
        // Ends the subscriptions, unless they have ended already.
        watch?.end()
        close(reason)
      }

      const connection: Connection = {
        async signIn(context) {
          const { user, sessionId, authTime, exp } = await context.viewer()
          if (!isOpen || isStopping) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
          if (subscriptions.countOf(user.id) >= config.SUBSCRIPTIONS_PER_USER) throw tooMany('of this user')
          watch = context.watch = subscriptions.watch({ user, sessionId, authTime, expiresAt: exp * 1000 }, over)
        },
        ends(reason) {
          why ??= reason
        },
        ended(reason) {
          if (!isOpen) return
          isOpen = false
          open.delete(connection)
          leave(network)
          watch?.end()
          why ??= reason
          counts.closed(transport, why)
          const { requestId, route, userId } = facts
          const milliseconds = Math.round(performance.now() - facts.startedAt)
          const line = { route, requestId, transport, milliseconds, reason: why }
          logger.info(userId === null ? line : { ...line, userId }, 'subscriptions closed')
        },
      }
      open.set(connection, () => over('stopping'))
      return connection
    },

    /** Ends all connections, and lets no more in. */
    stop(): void {
      isStopping = true
      for (const end of [...open.values()]) end()
    },
  }
}
