import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Account, LOGIN } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let account: Account

beforeAll(async () => {
  // About 20 ms per hash, one at a time.
  service = await startService({ HASH_CONCURRENCY: '1', HASH_QUEUE: '64', ARGON2_MEMORY_KIB: '19456' })
  account = await service.register()
})
afterAll(() => service.stop())

/** Signs in from this loopback address. Resolves with the status, or 0 if the connection was closed. */
function login(localAddress: string, input: object) {
  const body = JSON.stringify({ query: LOGIN, variables: { input } })
  const options = { method: 'POST', localAddress, agent: false, headers: { 'content-type': 'application/json' } }
  const sent = request(`${service.url}/graphql`, options)
  const status = new Promise<number>((resolve) => {
    sent.on('response', (response) => {
      response.resume()
      response.on('end', () => {
        resolve(response.statusCode ?? 0)
      })
    })
    sent.on('error', () => {
      resolve(0)
    })
  })
  sent.end(body)
  return { status, drop: () => sent.destroy() }
}

const guess = (n: number) => login('127.0.0.1', { email: `nobody${n}@example.com`, password: 'a guess' })

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
const waiting = () => metric('postern_password_hashes_waiting')
const hashed = () => metric('postern_password_hash_duration_seconds_count')

describe('logins in an overload', () => {
  it('from another address all succeed while 100 connections of one address guess passwords', async () => {
    let attacking = true
    const outcomes: number[] = []
    const attack = async (n: number) => {
      while (attacking) outcomes.push(await guess(n).status)
    }
    const attackers = Array.from({ length: 100 }, (_, n) => attack(n))
    await until('the queue is full', async () => (await waiting()) === 64)
    const { email, password } = account
    const honest: number[] = []
    for (let n = 0; n < 10; n++) honest.push(await login('127.0.0.2', { email, password }).status)
    attacking = false
    await Promise.all(attackers)
    expect(honest).toEqual(Array.from({ length: 10 }, () => 200))
    expect(outcomes).toContain(503)
  })

  it('are not hashed after the client has disconnected', async () => {
    const before = await hashed()
    const guesses = Array.from({ length: 40 }, (_, n) => guess(n))
    await until('most of them wait', async () => (await waiting()) > 20)
    for (const { drop } of guesses) drop()
    await until('none waits', async () => (await waiting()) === 0)
    await login('127.0.0.1', { email: account.email, password: account.password }).status
    expect((await hashed()) - before).toBeLessThan(20)
  })
})
