import { expect, it } from 'vitest'
import type { SignalRepository } from '../../../src/repositories/signals/signals.js'
import { createPolling } from '../../../src/services/signals/polling.js'

it('a poll without signals is answered before its connection is closed as silent', async () => {
  let looks = 0
  const signals = { remove: () => Promise.resolve(0), listWaiting: () => Promise.resolve(((looks += 1), [])) }
  const polling = createPolling({
    signals: signals as unknown as SignalRepository,
    write: () => '',
    noteAccepted: () => Promise.resolve(),
    refuse: () => Promise.resolve(),
    responseTimeoutMs: 5000,
  })
  const stream = { id: 'stream', audience: 'receiver' }
  const { signal } = new AbortController()
  expect(await polling.poll(stream, {}, { signal, mustEnd: () => false })).toEqual({ sets: {} })
  expect(looks).toBe(1)
})
