// The jobs that run beside the requests: relay, purge, cache warming, the check of the primary, and reloading.
import type { Logger } from '../platform/logger.js'
import type { DatabaseClock } from '../repositories/database/database-clock.js'
import type { createRelay } from '../services/revocations/index.js'
import type { SessionCount } from '../services/sessions/index.js'
import { WARMING_STEPS_PER_SECOND } from './usernames.js'

/** What the jobs run. A job that is switched off is null. */
export interface BackgroundWork {
  clock: Pick<DatabaseClock, 'synchronize' | 'agrees'>
  primary: () => Promise<void>
  relay: ReturnType<typeof createRelay>
  /** Returns how many rows it deleted. */
  purge: () => Promise<number>
  /** Publishes and processes events. */
  events: () => Promise<void>
  /** Starts to send what is due. */
  webhooks: (() => Promise<void>) | null
  /** Starts to push what is due. */
  pushSignals: (() => Promise<void>) | null
  /** Handles requests for mails. */
  mailRequests: () => Promise<void>
  sealAudit: () => Promise<void>
  writeRefusals: () => Promise<void>
  recordFailedLogins: () => Promise<void>
  warming: (() => Promise<void>) | null
  passwordCosts: () => Promise<void>
  protectedUsernames: () => Promise<void>
  shareLimits: (() => Promise<void>) | null
  statistics: () => Promise<void>
  sessionCount: Pick<SessionCount, 'step'>
  reloadKeys: (() => Promise<void>) | null
}

export interface BackgroundJobs {
  /** Resolves when the rounds that are running have ended. */
  stop(): Promise<void>
}

/** How soon the connections follow the primary of the database: docs/production.md promises ten seconds. */
const PRIMARY_INTERVAL_MS = 2000
/** Validators measure how fresh they are by the relay's checkpoints, one per second. */
const RELAY_INTERVAL_MS = 1000
const PURGE_INTERVAL_MS = 10 * 60_000
/** How soon a wrong clock is noticed. */
const CLOCK_INTERVAL_MS = 5000
/** How soon every process knows which usernames an administrator has protected. */
const PROTECTED_INTERVAL_MS = 2000
/** How soon a login for a name without an account takes as long as most others, after the cost of hashing was raised. */
const PASSWORD_COSTS_INTERVAL_MS = 60_000
/** Entries of the audit log are sealed within a second. */
const AUDIT_INTERVAL_MS = 500
/** How soon events are published that a process has left, and retries are due. */
const EVENTS_INTERVAL_MS = 1000
/** How soon signals are pushed that another process has recorded, and retries are due. */
const SIGNALS_INTERVAL_MS = 1000
/** How soon requests for mails are handled that a process has left. */
const MAIL_REQUESTS_INTERVAL_MS = 1000
const FAILED_LOGINS_INTERVAL_MS = 1000
/** How soon deliveries are sent that another process has left, and retries are due. */
const WEBHOOKS_INTERVAL_MS = 1000
const STATISTICS_INTERVAL_MS = 1000
/** How soon a new relay counts the active sessions. */
const SESSION_COUNT_INTERVAL_MS = 1000
/** How soon the processes know what an address has called at the others. */
const LIMITS_INTERVAL_MS = 200
/** How soon a new key file is noticed and published. */
const KEYS_INTERVAL_MS = 1000

/** Starts the jobs. A job that fails is logged once and tried again. */
export function startBackgroundJobs(work: BackgroundWork, logger: Logger): BackgroundJobs {
  const { primary, clock, relay, purge, passwordCosts, warming, protectedUsernames, statistics, ...others } = work
  const {
    events,
    webhooks,
    pushSignals,
    mailRequests,
    sealAudit,
    writeRefusals,
    recordFailedLogins,
    sessionCount,
    shareLimits,
    reloadKeys,
  } = others
  /** With a wrong clock, nothing may be deleted because of its age, and another process must be the relay. */
  function requireAgreement(): void {
    if (clock.agrees()) return
    relay.close()
    throw new Error("this machine's clock and the database's differ by more than 5 s")
  }

  /** Whether this process is the relay. Only the relay warms the cache and counts: one process per deployment. */
  let isRelay = false
  async function relayStep(): Promise<void> {
    isRelay = false
    requireAgreement()
    isRelay = await relay.step()
  }

  async function purgeStep(): Promise<void> {
    requireAgreement()
    await purge()
  }

  const jobs = [
    repeat(CLOCK_INTERVAL_MS, () => clock.synchronize(), "reading the database's time", logger),
    repeat(PRIMARY_INTERVAL_MS, primary, 'connecting to the database', logger),
    repeat(RELAY_INTERVAL_MS, relayStep, 'relay', logger),
    repeat(PURGE_INTERVAL_MS, purgeStep, 'purge', logger),
    repeat(EVENTS_INTERVAL_MS, events, 'publishing events', logger),
    repeat(MAIL_REQUESTS_INTERVAL_MS, mailRequests, 'handling requests for mails', logger),
    repeat(AUDIT_INTERVAL_MS, sealAudit, 'sealing the audit log', logger),
    // A job of its own: it waits while an account is locked.
    repeat(AUDIT_INTERVAL_MS, writeRefusals, 'recording failed logins', logger),
    repeat(FAILED_LOGINS_INTERVAL_MS, recordFailedLogins, 'recording events of failed logins', logger),
    repeat(PROTECTED_INTERVAL_MS, protectedUsernames, 'reading protected usernames', logger),
    repeat(PASSWORD_COSTS_INTERVAL_MS, passwordCosts, 'reading the costs of passwords', logger),
    repeat(STATISTICS_INTERVAL_MS, statistics, 'counting username checks', logger),
    repeat(SESSION_COUNT_INTERVAL_MS, () => sessionCount.step(isRelay), 'counting sessions', logger),
    ...(warming
      ? [repeat(1000 / WARMING_STEPS_PER_SECOND, async () => isRelay && warming(), 'cache warming', logger)]
      : []),
    ...(webhooks ? [repeat(WEBHOOKS_INTERVAL_MS, webhooks, 'sending webhooks', logger)] : []),
    ...(shareLimits ? [repeat(LIMITS_INTERVAL_MS, shareLimits, 'sharing the counts of limits', logger)] : []),
    ...(pushSignals ? [repeat(SIGNALS_INTERVAL_MS, pushSignals, 'pushing signals', logger)] : []),
    ...(reloadKeys ? [repeat(KEYS_INTERVAL_MS, reloadKeys, 'reading KEYS_DIR', logger)] : []),
  ]
  return {
    async stop() {
      await Promise.all(jobs.map((stop) => stop()))
      relay.close()
    },
  }
}

/** How soon a worker finds events in the database. */
const WORKER_EVENTS_INTERVAL_MS = 200

type WorkerJob = 'clock' | 'primary' | 'events' | 'webhooks' | 'pushSignals' | 'sealAudit' | 'reloadKeys'

/** The jobs of a worker: it publishes events, sends what they cause, and follows the primary and the key files. */
export function startWorkerJobs(
  { clock, primary, events, webhooks, pushSignals, sealAudit, reloadKeys }: Pick<BackgroundWork, WorkerJob>,
  logger: Logger,
): BackgroundJobs {
  const jobs = [
    repeat(CLOCK_INTERVAL_MS, () => clock.synchronize(), "reading the database's time", logger),
    repeat(PRIMARY_INTERVAL_MS, primary, 'connecting to the database', logger),
    repeat(WORKER_EVENTS_INTERVAL_MS, events, 'processing events', logger),
    repeat(AUDIT_INTERVAL_MS, sealAudit, 'sealing the audit log', logger),
    ...(webhooks ? [repeat(WEBHOOKS_INTERVAL_MS, webhooks, 'sending webhooks', logger)] : []),
    ...(pushSignals ? [repeat(SIGNALS_INTERVAL_MS, pushSignals, 'pushing signals', logger)] : []),
    ...(reloadKeys ? [repeat(KEYS_INTERVAL_MS, reloadKeys, 'reading KEYS_DIR', logger)] : []),
  ]
  return {
    async stop() {
      await Promise.all(jobs.map((stop) => stop()))
    },
  }
}

/** Runs `job` again and again, `intervalMs` after its last run ended. Returns a function that stops it. */
function repeat(intervalMs: number, job: () => Promise<unknown>, name: string, logger: Logger): () => Promise<void> {
  let timer: NodeJS.Timeout
  let stopped = false
  let failing = false
  let round = Promise.resolve()

  const run = async () => {
    try {
      await job()
      if (failing) logger.info(`${name} works again`)
      failing = false
    } catch (error) {
      if (!failing) logger.warn({ err: error }, `${name} failed; trying again`)
      failing = true
    }
    if (!stopped) schedule(intervalMs)
  }
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      round = run()
    }, delayMs)
  }
  schedule(0)

  return async () => {
    stopped = true
    clearTimeout(timer)
    await round
  }
}
