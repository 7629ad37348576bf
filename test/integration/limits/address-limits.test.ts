import { describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { eachWithInstances } from '../../support/limited-instances.js'
import type { Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'

const { start } = eachWithInstances({ HOST: '127.0.0.1', NODE_ENV: 'production' })

const ALIASES = 30
const fields = Array.from({ length: ALIASES }, (_, n) => `a${n}: checkUsernameAvailability(username: $name) { reason }`)
const CHECK_MANY = `query ($name: String!) { ${fields.join(' ')} }`

const checkMany = (service: Instance) => service.graphql(CHECK_MANY, { name: 'x' })

const check = (service: Instance) => service.graphql(CHECK, { username: unique() })

describe.each([
  ['plans', 'true'],
  ['Apollo Server', 'false'],
])('username checks through %s', (_path, HOT_PATH) => {
  it('are limited, with 429 and Retry-After', async () => {
    const service = await start({ HOT_PATH, RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '10/86400' })
    for (let n = 0; n < 10; n++) expect((await check(service)).code).toBeUndefined()
    const refused = await check(service)
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', data: null })
    expect(refused.headers.get('retry-after')).toBe(String(refused.errors[0]?.extensions.retryAfter))
    expect((await service.graphql('{ policy { usernameHold } }')).code).toBeUndefined()
  })

  it('are counted once for each alias', async () => {
    const service = await start({ HOT_PATH, RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '89/86400' })
    for (let n = 0; n < 2; n++) expect((await checkMany(service)).code).toBeUndefined()
    expect((await checkMany(service)).code).toBe('RATE_LIMITED')
    for (let n = 0; n < 29; n++) expect((await check(service)).code).toBeUndefined()
    expect((await check(service)).code).toBe('RATE_LIMITED')
  })

  it('count towards the limit of an address over all operations', async () => {
    const service = await start({ HOT_PATH, RATE_LIMIT_ADDRESS: '4/86400' })
    for (let n = 0; n < 3; n++) expect((await check(service)).code).toBeUndefined()
    expect((await service.graphql('{ policy { usernameHold } }')).code).toBeUndefined()
    expect((await check(service)).code).toBe('RATE_LIMITED')
    expect((await service.graphql('{ policy { usernameHold } }')).code).toBe('RATE_LIMITED')
  })
})

it('the state of the breakers, which reads the database for every user, counts towards the limit of an address', async () => {
  const service = await start({ RATE_LIMIT_ADDRESS: '3/86400' })
  const statuses = []
  for (let n = 0; n < 4; n++) statuses.push((await fetch(`${service.url}/circuit-breaker/status`)).status)
  expect(statuses).toEqual([401, 401, 401, 429])
})

describe('the limits of addresses', () => {
  it('are known to the other instances soon', async () => {
    const limit = { RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '1000/86400' }
    const [one, other] = await Promise.all([start(limit), start(limit)])
    for (let n = 0; n < 32; n++) expect((await checkMany(one)).code).toBeUndefined()
    for (let n = 0; n < 2; n++) expect((await checkMany(other)).code).toBeUndefined()
    await until('the other instance refuses', async () => (await check(other)).code === 'RATE_LIMITED')
  })

  it('hold over instances even in a period of seconds, from the second one on', async () => {
    const limit = { RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '20/2' }
    const both = await Promise.all([start(limit), start(limit)])
    await until('both refuse, and have allowed no more than one of them may', async () => {
      const end = (Math.floor(Date.now() / 2000) + 1) * 2000
      const answers = [[], []] as (string | undefined)[][]
      while (Date.now() < end - 100)
        await Promise.all(both.map(async (one, n) => answers[n]?.push((await check(one)).code)))
      const allowed = answers.flat().filter((code) => code === undefined).length
      return answers.every((codes) => codes.includes('RATE_LIMITED')) && allowed > 10 && allowed <= 22
    })
  })

  it('are off in development, unless they are set', async () => {
    const service = await start({ NODE_ENV: 'development' })
    const answers = await Promise.all(Array.from({ length: 50 }, () => check(service)))
    expect(answers.every(({ code }) => code === undefined)).toBe(true)
  })
})
