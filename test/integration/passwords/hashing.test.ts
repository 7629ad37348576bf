import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import argon2 from 'argon2'
import { describe, expect, it } from 'vitest'
import { createPasswordService } from '../../../src/services/passwords/passwords.js'
import { SERVICE } from '../../../src/services/passwords/requester.js'
import { CHEAP, eachWithAHasher, refused } from '../../support/hasher.js'
import { until } from '../../support/wait.js'

const start = eachWithAHasher()

const PASSWORDS = ['', ' ', 'correct horse', 'pässwörd', '日本語', 'a\0b', '\u{1F600}'.repeat(128), 'x'.repeat(50_000)]

describe('hashes', () => {
  it.each([CHEAP, { memoryKib: 2048, timeCost: 3, parallelism: 2 }, { memoryKib: 4096, timeCost: 2, parallelism: 4 }])(
    'are what the argon2 package makes of the same, with %o',
    async (parameters) => {
      const { run, seen } = start()
      const { memoryKib: memoryCost, timeCost, parallelism } = parameters
      for (const password of PASSWORDS) {
        const ours = String(await run({ password, parameters }))
        expect(ours).toContain(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`)
        expect(await argon2.verify(ours, password)).toBe(true)
        expect(await argon2.verify(ours, `${password}x`)).toBe(false)
        const theirs = await argon2.hash(password, { memoryCost, timeCost, parallelism })
        expect(await run({ password, passwordHash: theirs })).toBe(true)
        expect(await run({ password: `${password}x`, passwordHash: theirs })).toBe(false)
      }
      expect(seen.libraries).toEqual(['@node-rs/argon2'])
    },
  )

  it('are made by the argon2 package if no binary of @node-rs/argon2 can be loaded', async () => {
    const child = fork(
      fileURLToPath(new URL('../../../src/services/passwords/hasher/program.ts', import.meta.url)),
      [],
      {
        env: { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere.node' },
        execArgv: [],
      },
    )
    const replies: Record<string, unknown>[] = []
    child.on('message', (reply: Record<string, unknown>) => replies.push(reply))
    child.send({ id: 1, password: 'pässwörd', parameters: CHEAP })
    const made = await until('the password is hashed', () => replies.find(({ id }) => id === 1))
    expect(replies[0]).toEqual({ library: 'argon2' })
    expect(await start().run({ password: 'pässwörd', passwordHash: String(made['result']) })).toBe(true)
    child.send({ id: 2, password: 'password', passwordHash: String(made['result']) })
    expect((await until('the hash is verified', () => replies.find(({ id }) => id === 2)))['result']).toBe(false)
    child.disconnect()
    await once(child, 'exit')
  })

  it('that are malformed are an error, and the process keeps running', async () => {
    const { run, seen } = start()
    await expect(run({ password: 'secret', passwordHash: '$argon2id$garbage' })).rejects.toThrow(/^argon2: /)
    await expect(run({ password: 'secret', passwordHash: '$argon2id$garbage' })).rejects.not.toThrow(/secret|garbage/)
    expect(await run({ password: 'x', parameters: CHEAP })).toContain('$argon2id$')
    expect(seen.deaths).toBe(0)
  })
})

const service = (hashing: Parameters<typeof createPasswordService>[1], parameters = CHEAP) =>
  createPasswordService(parameters, hashing, { dummyKey: 'key' })

describe('a password', () => {
  it('is the same in every Unicode form', async () => {
    const passwords = await service(start())
    const hash = (password: string) => passwords.hash(password, SERVICE)
    expect(await passwords.verify(await hash('caf\u00e9'), 'cafe\u0301', SERVICE)).toBe(true)
    expect(await passwords.verify(await hash('cafe\u0301'), 'caf\u00e9', SERVICE)).toBe(true)
  })

  it('of an unknown user costs one hash with the same parameters, and is wrong', async () => {
    const hashing = start()
    const jobs: object[] = []
    const run: typeof hashing.run = (job) => {
      jobs.push(job)
      return hashing.run(job)
    }
    const passwords = await service({ run })
    expect(await passwords.verify(null, 'x', SERVICE)).toBe(false)
    expect(jobs.slice(1)).toEqual([
      { password: 'x', passwordHash: expect.stringContaining('$m=1024,t=1,p=1$') as string },
    ])
  })

  it('of an unknown user costs what stored hashes cost, in their mix, and the same each time', async () => {
    const hashing = start()
    const verified: string[] = []
    const run: typeof hashing.run = (job) => {
      if ('passwordHash' in job) verified.push(/\$m=\d+,t=\d+,p=\d+\$/.exec(job.passwordHash)?.[0] ?? '')
      return hashing.run(job)
    }
    const passwords = await service({ run })
    passwords.followCosts(
      new Map([
        ['$argon2id$v=19$m=2048,t=1,p=1', 300],
        ['$argon2id$v=19$m=1024,t=2,p=1', 100],
        ['$2b$10$ignored', 1000],
      ]),
    )
    const names = Array.from({ length: 200 }, (_, n) => `name${n}`)
    const costs = async () => {
      verified.length = 0
      for (const name of names) await passwords.verify(null, 'x', { ...SERVICE, account: name })
      return [...verified]
    }
    const first = await costs()
    const cheaper = first.filter((cost) => cost === '$m=1024,t=2,p=1$').length
    expect(first.filter((cost) => cost === '$m=2048,t=1,p=1$').length + cheaper).toBe(200)
    expect(cheaper).toBeGreaterThan(25)
    expect(cheaper).toBeLessThan(75)
    expect(await costs()).toEqual(first)
    passwords.followCosts(new Map())
    expect(await costs()).toEqual(first)
  })
})

describe('the queue', () => {
  it('has a limit, and refuses further passwords without hashing, with the time to retry', async () => {
    const { run, seen, waiting } = start({ concurrency: 2, queue: 3 })
    const outcomes = Promise.allSettled(Array.from({ length: 12 }, () => run({ password: 'x', parameters: CHEAP })))
    expect(waiting()).toBe(3)
    const errors = refused(await outcomes)
    expect(errors).toHaveLength(7)
    for (const error of errors) expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 1 })
    expect(seen.hashed).toBe(5)
    expect(waiting()).toBe(0)
  })

  it('is first in, first out', async () => {
    const { run } = start()
    const order: number[] = []
    const works = [1, 2, 3, 4].map((n) => run({ password: 'x', parameters: CHEAP }).then(() => order.push(n)))
    await Promise.all(works)
    expect(order).toEqual([1, 2, 3, 4])
  })

  it('holds 256 by default, and all of them get a response', async () => {
    const { run } = start()
    const works = Array.from({ length: 257 }, () => run({ password: 'x', parameters: CHEAP }))
    await expect(run({ password: 'x', parameters: CHEAP })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    for (const hash of await Promise.all(works)) expect(hash).toContain('$argon2id$')
  })
})
