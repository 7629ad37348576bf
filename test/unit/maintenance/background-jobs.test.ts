import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createLogger } from '@postern/service/logger'
import { type BackgroundWork, startBackgroundJobs } from '../../../src/app/background-jobs.js'
import { until } from '../../support/wait.js'

/** Work that notes in `ran` what was done. */
function workOf(ran: Set<string>, clockAgrees = true): BackgroundWork {
  const run = (name: string) => () => {
    ran.add(name)
    return Promise.resolve()
  }
  return {
    primary: run('primary'),
    clock: { synchronize: run('clock'), agrees: () => clockAgrees },
    relay: { step: () => run('relay')().then(() => true), close: () => ran.add('released') },
    purge: () => run('purge')().then(() => 0),
    events: run('events'),
    webhooks: null,
    mailRequests: run('mail requests'),
    deletions: run('deletions'),
    sealAudit: run('sealing'),
    writeRefusals: run('refusals'),
    recordFailedLogins: run('failed logins'),
    warming: null,
    passwordCosts: run('password costs'),
    protectedUsernames: run('protected usernames'),
    statistics: run('statistics'),
    sessionCount: { step: () => Promise.resolve() },
    shareLimits: null,
    pushSignals: null,
    reloadKeys: null,
  }
}

/** Runs the jobs until each had its turn, and returns the names of what ran. */
async function jobsOf(clockAgrees: boolean): Promise<Set<string>> {
  const ran = new Set<string>()
  const jobs = startBackgroundJobs(workOf(ran, clockAgrees), createLogger('silent'))
  await until('the other jobs ran', () => ran.has('statistics') && ran.has('protected usernames'))
  if (!clockAgrees) await until('the lock was released', () => ran.has('released'))
  await jobs.stop()
  return ran
}

describe('background jobs', () => {
  it('purge, delete accounts and relay while the clocks agree', async () => {
    expect(await jobsOf(true)).toEqual(
      new Set([
        'primary',
        'clock',
        'relay',
        'purge',
        'deletions',
        'password costs',
        'protected usernames',
        'statistics',
        'events',
        'mail requests',
        'sealing',
        'refusals',
        'failed logins',
        'released',
      ]),
    )
  })

  it('neither purge, delete accounts nor relay while the clock of this machine is wrong', async () => {
    expect(await jobsOf(false)).toEqual(
      new Set([
        'primary',
        'clock',
        'password costs',
        'protected usernames',
        'statistics',
        'events',
        'mail requests',
        'sealing',
        'refusals',
        'failed logins',
        'released',
      ]),
    )
  })

  it('of the relay go on while its next round takes long', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const next = Promise.withResolvers<boolean>()
    const turns: boolean[] = []
    let rounds = 0
    const work = {
      ...workOf(new Set()),
      relay: { step: () => (++rounds === 1 ? Promise.resolve(true) : next.promise), close: () => undefined },
      sessionCount: { step: (isMyTurn: boolean) => Promise.resolve(void turns.push(isMyTurn)) },
    }
    const jobs = startBackgroundJobs(work, createLogger('silent'))
    await vi.advanceTimersByTimeAsync(3500)
    expect(rounds).toBe(2)
    expect(turns.slice(-2)).toEqual([true, true])
    next.resolve(true)
    await jobs.stop()
  })
})
