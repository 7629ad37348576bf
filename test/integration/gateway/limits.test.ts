import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { type EchoGateway, startEchoGateway } from '../../support/gateway.js'
import { testRedisUrl } from '../../support/redis.js'
import { type Service, startService } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { until } from '../../support/wait.js'

const RULES = {
  Get: { get: '/get' },
  Other: { get: '/other' },
  Free: { get: '/free' },
  Few: { get: '/few' },
  PrivateGet: { get: '/private' },
} as const

const LIMITS = {
  GATEWAY_RATE_LIMIT_ADDRESS: '5/60',
  GATEWAY_RATE_LIMIT_USER: '8/60',
  GATEWAY_RATE_LIMIT_ROUTES: 'Free=0,Few=2/3600',
  TRUST_PROXY: '127.0.0.1',
}

let service: Service
let gateways: [EchoGateway, EchoGateway]
beforeAll(async () => {
  // Validators need its revocations.
  service = await startService()
  gateways = [await startEchoGateway(LIMITS, RULES), await startEchoGateway(LIMITS, RULES)]
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  await service.stop()
})

const newToken = async () => (await service.signUp()).token

let addresses = 0
const newAddress = () => `192.0.2.${++addresses}`

async function get(gateway: { url: string }, path: string, address: string, token?: string) {
  const response = await fetch(gateway.url + path, {
    headers: { 'x-forwarded-for': address, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  })
  const { headers, status } = response
  return { status, headers, json: (await response.json()) as Record<string, unknown> }
}

/** The statuses of requests, one after the other, at both gateways in turn. */
async function statuses(count: number, path: string, address: (i: number) => string, token?: string) {
  const found: number[] = []
  for (let i = 0; i < count; i++) found.push((await get(gateways[i % 2 === 0 ? 0 : 1], path, address(i), token)).status)
  return found
}

describe('the limits of gateways that share a Redis', () => {
  it('count an address over all of them and all routes, and say how much is left', async () => {
    const address = newAddress()
    const first = await get(gateways[0], '/get', address)
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=5;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"address";r=4;t=(?:60|5\d)$/)
    expect(await statuses(5, '/other', () => address)).toEqual([200, 200, 200, 200, 429])
    const refused = await get(gateways[1], '/get', address)
    const retryAfter = Number(refused.headers.get('retry-after'))
    expect(retryAfter).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit')).toBe(`"address";r=0;t=${retryAfter}`)
    expect(refused.json).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      ...{ title: 'Too Many Requests', status: 429, detail: expect.any(String), code: 'RATE_LIMITED', retryAfter },
      ...{ 'violated-policies': ['address'], requestId: expect.any(String) },
    })
  })

  it('count the network of an IPv6 address', async () => {
    const inNetwork = await statuses(6, '/get', (i) => `2001:db8:0:1::${i + 1}`)
    expect(inNetwork).toEqual([200, 200, 200, 200, 200, 429])
    expect((await get(gateways[0], '/get', '2001:db8:0:2::1')).status).toBe(200)
  })

  it('count a user wherever they are, and nothing for their address', async () => {
    const token = await newToken()
    expect(await statuses(9, '/private', newAddress, token)).toEqual([...Array<number>(8).fill(200), 429])
    const [address, other] = [newAddress(), await newToken()]
    expect((await get(gateways[0], '/private', address, other)).headers.get('ratelimit')).toMatch(/^"user";r=7;/)
    expect((await get(gateways[0], '/get', address)).headers.get('ratelimit')).toMatch(/^"address";r=4;/)
  })

  it('count requests that are refused for their token for the address', async () => {
    const address = newAddress()
    expect(await statuses(6, '/private', () => address)).toEqual([401, 401, 401, 401, 401, 429])
    expect((await get(gateways[0], '/get', address, `${await newToken()}x`)).status).toBe(429)
  })

  it('have others for some routes, or none', async () => {
    const address = newAddress()
    expect(await statuses(7, '/free', () => address)).toEqual(Array(7).fill(200))
    expect(await statuses(3, '/few', () => address)).toEqual([200, 200, 429])
    const { headers, json } = await get(gateways[0], '/few', address)
    expect([headers.get('ratelimit-policy'), json['violated-policies']]).toEqual(['"Few";q=2;w=3600', ['Few']])
    expect((await get(gateways[0], '/get', address)).headers.get('ratelimit')).toMatch(/^"address";r=4;/)
  })

  it('let exactly as many of parallel requests pass', async () => {
    const address = newAddress()
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) => get(gateways[i % 2 === 0 ? 0 : 1], '/get', address)),
    )
    expect(all.filter(({ status }) => status === 200)).toHaveLength(5)
  })
})

it('counts all requests together, but those of users apart, and not those that another limit refuses', async () => {
  const gateway = await startEchoGateway(
    { ...LIMITS, GATEWAY_RATE_LIMIT: '7/60', GATEWAY_KEY: `a-key-of-its-own-${randomUUID()}` },
    RULES,
  )
  try {
    const [address, found] = [newAddress(), [] as number[]]
    for (let i = 0; i < 10; i++) found.push((await get(gateway, '/get', address)).status)
    expect(found.filter((status) => status === 200)).toHaveLength(5)
    expect([
      (await get(gateway, '/get', newAddress())).status,
      (await get(gateway, '/get', newAddress())).status,
    ]).toEqual([200, 200])
    const { status, json, headers } = await get(gateway, '/get', newAddress())
    expect([status, json['violated-policies']]).toEqual([429, ['overall']])
    expect(headers.get('ratelimit')).toMatch(/"overall";r=0;/)
    const [token, another] = [await newToken(), await newToken()]
    const ofUsers = []
    for (let i = 0; i < 8; i++) ofUsers.push((await get(gateway, '/get', address, i < 4 ? token : another)).status)
    expect(ofUsers).toEqual([...Array<number>(7).fill(200), 429])
  } finally {
    await gateway.stop()
  }
})

it('counts in the process without Redis: each gateway has its share', async () => {
  const redis = `redis://127.0.0.1:${await freePort()}`
  const gateway = await startEchoGateway(
    { ...LIMITS, REDIS_URL: redis, REVOCATION_REDIS_URL: redis, GATEWAY_INSTANCES: '2' },
    RULES,
  )
  try {
    const address = newAddress()
    const found = []
    for (let i = 0; i < 3; i++) found.push((await get(gateway, '/get', address)).status)
    expect(found).toEqual([200, 200, 429])
    const signedIn = await get(gateway, '/private', newAddress(), await newToken())
    expect([signedIn.status, signedIn.json['code'], signedIn.headers.get('retry-after')]).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      '1',
    ])
  } finally {
    await gateway.stop()
  }
})

it('counts in the process while Redis hangs, and then in Redis again', async () => {
  const proxy = await startTcpProxy(testRedisUrl)
  const redis = { REDIS_URL: proxy.through(testRedisUrl()), REVOCATION_REDIS_URL: testRedisUrl() }
  const gateway = await startEchoGateway({ ...LIMITS, ...redis, GATEWAY_RATE_LIMIT_ADDRESS: '1000/60' }, RULES)
  try {
    const address = newAddress()
    const remaining = async () => {
      const { status, headers } = await get(gateway, '/get', address)
      expect(status).toBe(200)
      return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])
    }
    for (let i = 0; i < 100; i++) await remaining()
    expect(await remaining()).toBe(899)
    proxy.hang()
    expect(await remaining()).toBe(999)
    proxy.goOn()
    // By then, the process has counted a few.
    await until('it counts in Redis again', async () => (await remaining()) < 899, { every: 100 })
  } finally {
    await gateway.stop()
    proxy.close()
  }
})
