// The jobs that run beside the requests: relay, purge, cache warming, the check of the primary, and reloading.
import { type Job, type Jobs, startJobs } from '@postern/service/jobs'
import type { Logger } from '@postern/service/logger'
import type { DatabaseClock } from '@postern/service/database/database-clock'
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
  /** Erases accounts whose grace period is over. */
  deletions: () => Promise<void>
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
/** How soon an account is erased whose grace period is over, and then what queues still have of it. */
const DELETIONS_INTERVAL_MS = 5000
/** How soon deliveries are sent that another process has left, and retries are due. */
const WEBHOOKS_INTERVAL_MS = 1000
const STATISTICS_INTERVAL_MS = 1000
/** How soon a new relay counts the active sessions. */
const SESSION_COUNT_INTERVAL_MS = 1000
/** How soon the processes know what an address has called at the others. */
const LIMITS_INTERVAL_MS = 200
/** How soon a new key file is noticed and published. */
const KEYS_INTERVAL_MS = 1000

/** How soon a worker finds events in the database. */
const WORKER_EVENTS_INTERVAL_MS = 200

type SharedWork = 'clock' | 'primary' | 'events' | 'webhooks' | 'pushSignals' | 'sealAudit' | 'reloadKeys'

/** The jobs of every process: it publishes events, sends what they cause, and follows the primary and the key files. */
const sharedJobs = (work: Pick<BackgroundWork, SharedWork>, eventsIntervalMs: number): Job[] => [
  [CLOCK_INTERVAL_MS, () => work.clock.synchronize(), "reading the database's time"],
  [PRIMARY_INTERVAL_MS, work.primary, 'connecting to the database'],
  [eventsIntervalMs, work.events, 'publishing events'],
  [WEBHOOKS_INTERVAL_MS, work.webhooks, 'sending webhooks'],
  [SIGNALS_INTERVAL_MS, work.pushSignals, 'pushing signals'],
  [AUDIT_INTERVAL_MS, work.sealAudit, 'sealing the audit log'],
  [KEYS_INTERVAL_MS, work.reloadKeys, 'reading KEYS_DIR'],
]

/** Starts the jobs of the service. A job that fails is logged once and tried again. */
export function startBackgroundJobs(work: BackgroundWork, logger: Logger): Jobs {
  const { clock, relay, warming } = work
  /** With a wrong clock, nothing may be deleted because of its age, and another process must be the relay. */
  function requireAgreement(): void {
    if (clock.agrees()) return
    relay.close()
    throw new Error("this machine's clock and the database's differ by more than 5 s")
  }

  /** Whether this process is the relay. Only the relay warms the cache and counts: one process per deployment. */
  let isRelay = false
  async function relayStep(): Promise<void> {
    try {
      requireAgreement()
      // What it was stays, meanwhile: a round takes long on a busy machine.
      isRelay = await relay.step()
    } catch (error) {
      isRelay = false
      throw error
    }
  }

  async function deletionsStep(): Promise<void> {
    requireAgreement()
    await work.deletions()
  }

  async function purgeStep(): Promise<void> {
    requireAgreement()
    await work.purge()
  }

  const jobs: Job[] = [
    ...sharedJobs(work, EVENTS_INTERVAL_MS),
    [RELAY_INTERVAL_MS, relayStep, 'relay'],
    [PURGE_INTERVAL_MS, purgeStep, 'purge'],
    [DELETIONS_INTERVAL_MS, deletionsStep, 'deleting accounts'],
    [MAIL_REQUESTS_INTERVAL_MS, work.mailRequests, 'handling requests for mails'],
    // A job of its own: it waits while an account is locked.
    [AUDIT_INTERVAL_MS, work.writeRefusals, 'recording failed logins'],
    [FAILED_LOGINS_INTERVAL_MS, work.recordFailedLogins, 'recording events of failed logins'],
    [PROTECTED_INTERVAL_MS, work.protectedUsernames, 'reading protected usernames'],
    [PASSWORD_COSTS_INTERVAL_MS, work.passwordCosts, 'reading the costs of passwords'],
    [STATISTICS_INTERVAL_MS, work.statistics, 'counting username checks'],
    [SESSION_COUNT_INTERVAL_MS, () => work.sessionCount.step(isRelay), 'counting sessions'],
    [1000 / WARMING_STEPS_PER_SECOND, warming && (async () => isRelay && warming()), 'cache warming'],
    [LIMITS_INTERVAL_MS, work.shareLimits, 'sharing the counts of limits'],
  ]
  const running = startJobs(jobs, logger)
  return {
    async stop() {
      await running.stop()
      relay.close()
    },
  }
}

/** The jobs of a worker. */
export const startWorkerJobs = (work: Pick<BackgroundWork, SharedWork>, logger: Logger): Jobs =>
  startJobs(sharedJobs(work, WORKER_EVENTS_INTERVAL_MS), logger)
