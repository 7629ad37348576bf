import { deriveRevocationKey } from '@postern/contract/revocations'
import { createMysqlPool, openMysqlConnection } from './clients/mysql.js'
import { createPrisma } from './clients/prisma.js'
import { createRedis, createRedisCluster } from './clients/redis.js'
import { hashingEvents, redisErrors } from './app/events.js'
import { openSigningKeys, tokenFormats } from './app/token-keys.js'
import { createUsernames } from './app/usernames.js'
import type { Config } from './config.js'
import type { Logger } from './logger.js'
import { createMetrics, type Metrics } from './metrics.js'
import { createLend } from './repositories/connections.js'
import { createCredentialRepository } from './repositories/credentials.js'
import { createLeanTransaction } from './repositories/lean-transactions.js'
import { createRead } from './repositories/reads.js'
import { createRelayLock } from './repositories/relay-lock.js'
import { createRevocationLog } from './repositories/revocation-log.js'
import { createRevocationRepository } from './repositories/revocations.js'
import { createSessionRepository } from './repositories/sessions.js'
import { createSignInRepository } from './repositories/sign-ins.js'
import { createTransactions } from './repositories/transactions.js'
import { createUserRepository } from './repositories/users.js'
import type { Services } from './resolvers/index.js'
import { createAccountService } from './services/account.js'
import type { Clock } from './services/clock.js'
import { createHashing } from './services/hashing.js'
import { createLoginService } from './services/login.js'
import { createPasswordService } from './services/passwords.js'
import { createProfileService } from './services/profiles.js'
import { createPurge } from './services/purge.js'
import { createRefreshService } from './services/refresh.js'
import { createRefreshTokens } from './services/refresh-tokens.js'
import { createRegistrationService } from './services/registration.js'
import { createRelay } from './services/relay.js'
import { createRevocationService } from './services/revocations.js'
import { createRoleService } from './services/roles.js'
import { createSessionEndings } from './services/session-endings.js'
import { createSessionService, createSessionTokens } from './services/sessions.js'
import { createTokenService } from './services/tokens.js'
import { STORE_BATCHES } from './services/username-availability.js'

export { WARMING_STEPS } from './app/usernames.js'

/** Milliseconds a username check waits for Redis before it asks MySQL. */
const CACHE_TIMEOUT = 50

/** Milliseconds one command of the revocation log may take. Nobody waits for it longer than the service's own bound. */
const LOG_TIMEOUT = 2000

export interface App {
  config: Config
  log: Logger
  services: Services
  /** Public keys for validators; null when tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  /** Work that goes on beside the requests; worker.ts calls it. */
  background: {
    relay: ReturnType<typeof createRelay>
    purge: ReturnType<typeof createPurge>
    /** Null when it is switched off. */
    warming: (() => Promise<void>) | null
    protectedNames: () => Promise<void>
    statistics: () => Promise<void>
    /** Null when there are none. */
    reloadKeys: (() => Promise<void>) | null
  }
  metrics: Metrics
  /** To be called before the first request. Rejects when the database cannot be used as it is. */
  prepare(): Promise<void>
  health(): Promise<{ mysql: 'up' | 'down'; redis: 'up' | 'down' }>
  /** Lets what is under way come to its end, then disconnects. */
  close(): Promise<void>
}

/** Builds everything once, from the bottom up, and hands it down. Connects on first use. */
export async function createApp(config: Config, log: Logger, clock: Clock = () => new Date()): Promise<App> {
  const signingKeys = await openSigningKeys(config, log, clock)
  const database = { poolSize: config.DATABASE_POOL_SIZE, timeout: config.DATABASE_TIMEOUT }
  const prisma = createPrisma(config.DATABASE_URL, database)
  const mysql = createMysqlPool(config.DATABASE_URL, database)
  const lookups = createMysqlPool(config.DATABASE_URL, { ...database, poolSize: STORE_BATCHES.inFlight + 1 })
  const onError = redisErrors(log)
  const createCache = config.REDIS_CLUSTER ? createRedisCluster : createRedis
  const cacheRedis = createCache(config.REDIS_URL, { commandTimeout: CACHE_TIMEOUT, onError })
  const logRedis = createRedis(config.REVOCATION_REDIS_URL, { commandTimeout: LOG_TIMEOUT, onError })

  const lend = createLend(mysql, database)
  const read = createRead(lend)
  const transactions = createTransactions(prisma)
  const users = createUserRepository(read)
  const credentials = createCredentialRepository()
  const sessionRows = createSessionRepository(read)
  const revocationRows = createRevocationRepository(prisma, read)
  const revocationLog = createRevocationLog(logRedis, {
    key: config.REVOCATION_KEY ? Buffer.from(config.REVOCATION_KEY) : deriveRevocationKey(config.JWT_SECRET),
    now: clock,
    onEvictionPolicy(policy) {
      if (policy !== 'noeviction')
        log.warn({ policy }, 'the Redis of the revocation log may evict it: set maxmemory-policy noeviction')
    },
  })
  const lock = createRelayLock(
    () => openMysqlConnection(config.DATABASE_URL, database),
    new URL(config.DATABASE_URL).pathname,
  )

  const reads = { read, lookups: createRead(createLend(lookups, database)) }
  const usernames = createUsernames(config, { transactions, reads, redis: cacheRedis }, clock, (tier, reason) =>
    metrics.countCheck(tier, reason === null),
  )
  const { claims, availability } = usernames
  const metrics = createMetrics({
    backlog: () => revocations.backlog(),
    hashesWaiting: () => hashing.waiting(),
  })
  const hashing = createHashing({
    concurrency: config.HASH_CONCURRENCY,
    queue: config.HASH_QUEUE,
    onHashed: (seconds) => metrics.hashes.observe(seconds),
    ...hashingEvents(log),
  })
  const argon2 = {
    memoryKib: config.ARGON2_MEMORY_KIB,
    timeCost: config.ARGON2_TIME_COST,
    parallelism: config.ARGON2_PARALLELISM,
  }
  const passwords = await createPasswordService(argon2, hashing)
  const tokens = createTokenService({
    formats: tokenFormats(config, signingKeys),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    ttl: config.ACCESS_TOKEN_TTL,
    clockSkew: config.CLOCK_SKEW,
    clock,
  })
  const revocations = createRevocationService({ revocations: revocationRows, log: revocationLog, clock })
  const store = { users, sessions: sessionRows }
  const sessionTokens = createSessionTokens(tokens, createRefreshTokens(config.REFRESH_KEY))
  const sessions = createSessionService({
    transactions,
    store: { ...store, signIns: createSignInRepository(createLeanTransaction(lend)) },
    tokens: sessionTokens,
    revocations,
    settings: {
      idleTtl: config.SESSION_IDLE_TTL,
      absoluteTtl: config.SESSION_ABSOLUTE_TTL,
      perUser: config.SESSIONS_PER_USER,
      clock,
    },
  })
  const endings = createSessionEndings({ transactions, store, revocations, clock })
  const refresh = createRefreshService({
    transactions,
    sessions: sessionRows,
    endings,
    tokens: sessionTokens,
    settings: {
      grace: config.REFRESH_GRACE,
      idleTtl: config.SESSION_IDLE_TTL,
      clock,
      onSecurityEvent: (securityEvent, facts) => log.warn({ securityEvent, ...facts }, 'security event'),
    },
  })
  const accounts = { users, credentials }
  const account = createAccountService({
    transactions,
    store: { ...store, credentials },
    passwords,
    revocations,
    settings: { claims, clock },
  })

  return {
    config,
    log,
    services: {
      registration: createRegistrationService({
        transactions,
        accounts,
        usernames: { claims, availability },
        passwords,
        clock,
      }),
      login: createLoginService({ transactions, accounts, sessions, passwords, clock }),
      sessions,
      refresh,
      endings,
      roles: createRoleService({ transactions, store, revocations, clock }),
      profiles: createProfileService({ transactions, users, claims, clock }),
      account,
      usernames,
    },
    publishedKeys: signingKeys && (() => signingKeys.published()),
    background: {
      reloadKeys: signingKeys && (() => signingKeys.reload()),
      relay: createRelay({ lock, revocations: revocationRows, log: revocationLog, clock }),
      warming: usernames.warming,
      protectedNames: () => usernames.protectedNames.refresh(),
      statistics: () => usernames.statistics.deliver(),
      purge: createPurge({ transactions, revocations: revocationRows, sessions: sessionRows, clock }),
    },
    metrics,
    async prepare() {
      await Promise.all([
        revocationRows.raiseLongestTokenTtl(config.ACCESS_TOKEN_TTL),
        usernames.protectedNames.refresh(),
      ])
    },
    async health() {
      const up = (check: Promise<unknown>) => check.then(() => 'up' as const).catch(() => 'down' as const)
      const [mysqlState, redisState] = await Promise.all([up(read('SELECT 1', [])), up(cacheRedis.ping())])
      return { mysql: mysqlState, redis: redisState }
    },
    async close() {
      await Promise.all([revocations.settle(), hashing.close(), usernames.statistics.deliver().catch(() => undefined)])
      lock.close()
      cacheRedis.disconnect()
      logRedis.disconnect()
      await Promise.allSettled([prisma.$disconnect(), mysql.end(), lookups.end()])
    },
  }
}
