import { afterAll, beforeAll, expect, it } from 'vitest'
import { runReadme } from '../../support/readme-commands.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

it('the API does what the README shows', async () => {
  const { missing, compared } = await runReadme('README.md', {
    'http://localhost:8080': service.url,
    // These are random or depend on the time.
    Zoe_Muller27: 'Zoe_Muller…',
    '"01a2…"': '"…"',
    '"2026-11-22T03:27:32.000Z"': '"…"',
  })
  expect(missing).toEqual([])
  expect(compared).toBe(8)
})
