import { readdirSync, readFileSync } from 'node:fs'
import argon2 from 'argon2'
import { describe, expect, it } from 'vitest'
import { CHEAP, eachWithAHasher, refused, SLOW } from '../../support/hasher.js'
import { until } from '../../support/wait.js'

const start = eachWithAHasher()

const isGone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

describe('the hashing process', () => {
  it('that dies during its work is replaced, and the work is repeated', async () => {
    const { run, pid, seen } = start({ concurrency: 2 })
    await run({ password: 'x', parameters: CHEAP })
    const works = [1, 2, 3].map((n) => run({ password: `password ${n}`, parameters: SLOW }))
    const first = await pid()
    process.kill(first, 'SIGKILL')
    for (const [i, hash] of (await Promise.all(works)).entries())
      expect(await argon2.verify(String(hash), `password ${i + 1}`)).toBe(true)
    expect(await pid()).not.toBe(first)
    expect(seen.deaths).toBe(1)
  })

  it('that dies again and again fails its jobs, and hashes after the pause', async () => {
    const { run, pid } = start()
    const work = run({ password: 'x', parameters: { ...SLOW, timeCost: 1000 } })
    const outcome = Promise.allSettled([work, run({ password: 'x', parameters: CHEAP })])
    const first = await pid()
    process.kill(first, 'SIGKILL')
    const second = await until('another process hashes', async () => {
      const now = await pid()
      return now === first ? null : now
    })
    process.kill(second, 'SIGKILL')
    const errors = refused(await outcome)
    expect(errors.map(({ code }) => code)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])
    expect(errors[0]?.retryAfter).toBe(1)
    await until('it hashes again', () => run({ password: 'x', parameters: CHEAP }).catch(() => null))
  })

  it.runIf(process.platform === 'linux')(
    'has a low priority in every thread, and none of the variables of its parent',
    async () => {
      const { run, pid } = start({ concurrency: 2 })
      await Promise.all([1, 2].map(() => run({ password: 'a password', parameters: CHEAP })))
      const proc = `/proc/${await pid()}`
      const niceness = readdirSync(`${proc}/task`).map((thread) =>
        Number(readFileSync(`${proc}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[16]),
      )
      expect(niceness.length).toBeGreaterThan(2)
      expect(Math.min(...niceness)).toBe(19)
      const names = readFileSync(`${proc}/environ`, 'utf8')
        .split('\0')
        .flatMap((entry) => entry.split('=')[0] || [])
      expect(names.filter((name) => !name.startsWith('NODE_CHANNEL_'))).toEqual(['UV_THREADPOOL_SIZE'])
      expect(readFileSync(`${proc}/cmdline`, 'utf8')).not.toContain('a password')
    },
  )

  it('that is frozen is not up, and is replaced', async () => {
    const { run, pid, isUp, seen } = start()
    await run({ password: 'x', parameters: CHEAP })
    expect(await isUp()).toBe(true)
    const frozen = await pid()
    process.kill(frozen, 'SIGSTOP')
    expect(await isUp()).toBe(false)
    await until('another process responds', isUp)
    expect(await pid()).not.toBe(frozen)
    expect(isGone(frozen)).toBe(true)
    expect(await run({ password: 'x', parameters: CHEAP })).toContain('$argon2id$')
    expect(seen.deaths).toBe(1)
  })

  it('ends when it is idle, counts as up, and is started for the next hash', async () => {
    const { run, pid, isUp, seen } = start({ idleMs: 1 })
    for (let time = 1; time <= 3; time++) {
      const work = run({ password: 'x', parameters: CHEAP })
      const working = await pid()
      expect(await work).toContain('$argon2id$')
      await until('the idle process has ended', () => isGone(working))
      expect(await isUp()).toBe(true)
    }
    expect(seen.deaths).toBe(0)
  })

  it('finishes all hashes before it counts as idle', async () => {
    const { run, seen } = start({ concurrency: 2, idleMs: 0 })
    const jobs = Array.from({ length: 20 }, () => run({ password: 'x', parameters: CHEAP }))
    await Promise.all(jobs.map((job) => job.then(() => run({ password: 'y', parameters: CHEAP }))))
    expect(seen).toMatchObject({ deaths: 0, hashed: 40 })
  })

  it('survives the signals that a terminal sends to a process group', async () => {
    const { run, pid, seen } = start()
    await run({ password: 'x', parameters: CHEAP })
    const hash = run({ password: 'x', parameters: SLOW })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(await pid(), signal)
    expect(await hash).toContain('$argon2id$')
    expect(seen.deaths).toBe(0)
  })

  it('ends after it has finished the accepted jobs', async () => {
    const { run, pid, close } = start()
    const works = [1, 2, 3].map(() => run({ password: 'x', parameters: CHEAP }))
    const hasher = await pid()
    const closing = close()
    await expect(run({ password: 'x', parameters: CHEAP })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    for (const hash of await Promise.all(works)) expect(hash).toContain('$argon2id$')
    await closing
    expect(isGone(hasher)).toBe(true)
  })
})
