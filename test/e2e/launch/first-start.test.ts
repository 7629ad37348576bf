import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { copyCheckout, type Checkout } from '../../support/checkout.js'
import { NO_OLDER_NODE, olderNode } from '../../support/older-node.js'
import { isServing } from '../../../tools/launch/grpc-health.mjs'

let checkout: Checkout
let port: string

beforeAll(async () => {
  checkout = await copyCheckout()
  port = String(await freePort())
})
afterEach(() => checkout.stop())
afterAll(() => checkout.remove())

describe('the first npm start', () => {
  it('works on a Node.js that the service itself refuses', async ({ skip }) => {
    skip(!olderNode, NO_OLDER_NODE)
    const service = checkout.start(['scripts/start.mjs'], { PORT: port }, olderNode?.path)
    await service.prints('Ready')
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200)
    service.child.kill('SIGINT')
    expect((await service.ended).code).toBe(0)
  })

  it('creates the first key in an empty KEYS_DIR, and the second, with all programs, uses it', async () => {
    const keys = join(checkout.path, 'keys')
    await mkdir(keys)
    const start = async (args: string[], env: Record<string, string>, whileRunning = () => Promise.resolve()) => {
      const service = checkout.start(['scripts/start.mjs', ...args], { PORT: port, KEYS_DIR: keys, ...env })
      await service.prints('Ready')
      const published = await (await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json()
      await whileRunning()
      service.child.kill('SIGINT')
      expect(await service.ended).toMatchObject({ code: 0 })
      return (published as { keys: unknown[] }).keys
    }
    const first = await start([], {})
    expect(first).toHaveLength(1)

    const [grpc, gateway, consent, notification] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
    const ports = {
      ...{ GRPC_PORT: String(grpc), GATEWAY_PORT: String(gateway), GATEWAY_METRICS_PORT: 'off' },
      ...{ CONSENT_GRPC_PORT: String(consent), CONSENT_METRICS_PORT: 'off' },
      ...{ NOTIFICATION_GRPC_PORT: String(notification), NOTIFICATION_METRICS_PORT: 'off' },
    }
    const second = await start(['--all'], ports, async () => {
      expect(await Promise.all([grpc, consent, notification].map(isServing))).toEqual([true, true, true])
      expect((await fetch(`http://localhost:${gateway}/readyz`)).status).toBe(200)
    })
    expect(second).toEqual(first)
    expect(checkout.left()).toEqual([])
  })
})
