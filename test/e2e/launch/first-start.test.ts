import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { copyCheckout, type Checkout } from '../../support/checkout.js'
import { NO_OLDER_NODE, olderNode } from '../../support/older-node.js'

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

  it('creates the first key in an empty KEYS_DIR, and the second uses it', async () => {
    const keys = join(checkout.path, 'keys')
    await mkdir(keys)
    const publishedKeys = async () => {
      const service = checkout.start(['scripts/start.mjs'], { PORT: port, KEYS_DIR: keys })
      await service.prints('Ready')
      const published = await (await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json()
      service.child.kill('SIGINT')
      await service.ended
      return (published as { keys: unknown[] }).keys
    }
    const first = await publishedKeys()
    expect(first).toHaveLength(1)
    expect(await publishedKeys()).toEqual(first)
  })
})
