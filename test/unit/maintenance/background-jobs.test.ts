import { describe, expect, it } from 'vitest'
import { createLogger } from '@postern/service/logger'
import { startBackgroundJobs } from '../../../src/app/background-jobs.js'
import { until } from '../../support/wait.js'

/** Runs the jobs until each had its turn, and returns the names of what ran. */
async function jobsOf(clockAgrees: boolean): Promise<Set<string>> {
  const ran = new Set<string>()
  const run = (name: string) => () => {
    ran.add(name)
    return Promise.resolve()
  }
  const jobs = startBackgroundJobs(
    {
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
    },
    createLogger('silent'),
  )
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
})
