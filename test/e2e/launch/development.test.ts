import { existsSync } from 'node:fs'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { copyCheckout, type Checkout } from '../../support/checkout.js'

let checkout: Checkout
beforeAll(async () => {
  checkout = await copyCheckout()
})
afterEach(() => checkout.stop())
afterAll(() => checkout.remove())

it('npm run dev restarts the service when a source changes, and keeps it through a build that fails', async () => {
  const port = await freePort()
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok
  const dev = checkout.start(['scripts/dev.mjs'], { PORT: String(port) })
  await dev.prints('Ready')
  expect(await isReady()).toBe(true)

  await appendFile(join(checkout.path, 'src/platform/emails.ts'), '\nexport const changed = true\n')
  await dev.prints('✔ service', 2)
  expect(await isReady()).toBe(true)

  const broken = join(checkout.path, 'src/platform/broken.ts')
  await writeFile(broken, "export const broken: number = 'a text'\n")
  await dev.prints('Waiting for a change.')
  await dev.prints('src/platform/broken.ts(1,14)')
  expect(await isReady()).toBe(true)

  await writeFile(broken, 'export const whole: number = 1\n')
  await dev.prints('✔ service', 3)
  dev.child.kill('SIGINT')
  expect((await dev.ended).code).toBe(0)
  expect(checkout.left()).toEqual([])
})

it('npm run servers keeps servers up, for one run of the tests at a time', async () => {
  const servers = checkout.start(['scripts/servers.mjs'])
  await servers.prints('The servers are up.')
  const second = await checkout.start(['scripts/servers.mjs']).ended
  expect(second).toMatchObject({ code: 1, text: expect.stringContaining('npm run servers is already running') })

  const runs = [1, 2].map(() => checkout.start(['scripts/test.mjs', 'unit/usernames']).ended)
  const ended = await Promise.all(runs)
  for (const { code, text } of ended) {
    expect(text).toMatch(/\n[1-9]\d* passed, 0 failed\n$/)
    expect(code).toBe(0)
  }
  const outputs = ended.map(({ text }) => text)
  const reused = outputs.filter((text) => text.includes('those of npm run servers'))
  expect(reused).toHaveLength(1)
  expect(reused[0]).not.toContain('MariaDB')

  servers.child.kill('SIGINT')
  expect((await servers.ended).code).toBe(0)
  expect(existsSync(join(checkout.path, '.postern/servers.lock'))).toBe(false)
  expect(checkout.left()).toEqual([])
})
