/**
 * Measures the memory per revocation, in the table alone and in a validator after its replay from Redis:
 * `node --expose-gc bench/session/memory.ts`.
 */
import { randomUUID } from 'node:crypto'
import { createSessionValidator, RevocationTable } from '@postern/session'
import { SECRET, startStream } from './setup.mjs'

const SIZES = [10_000, 100_000, 1_000_000]

function memory(): { live: number; resident: number } {
  if (!globalThis.gc) throw new Error('Run with --expose-gc.')
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { live: heapUsed + external, resident: rss }
}

function report(count: number, before: ReturnType<typeof memory>, remark: string): void {
  const after = memory()
  const each = ((after.live - before.live) / count).toFixed(1)
  const resident = ((after.resident - before.resident) / 2 ** 20).toFixed(0)
  console.log(`${String(count).padStart(10)}  ${each.padStart(6)} bytes each, resident +${resident} MiB; ${remark}`)
}

console.log('The table alone (heap and buffers)')
const exp = Math.floor(Date.now() / 1000) + 3600
for (const count of SIZES) {
  const before = memory()
  const table = new RevocationTable(2_000_000)
  let slowest = 0
  for (let i = 0; i < count; i++) {
    const jti = randomUUID()
    const start = performance.now()
    table.add({ v: 1, scope: 'token', jti, sub: 'u', exp, reason: 'logout' }, exp - 900)
    slowest = Math.max(slowest, performance.now() - start)
  }
  report(count, before, `slowest insertion ${slowest.toFixed(2)} ms`)
  const start = performance.now()
  table.sweep(exp + 61)
  const took = (performance.now() - start).toFixed(0)
  console.log(`${' '.repeat(12)}after the sweep of all, which took ${took} ms: ${table.size} in ${table.bytes} bytes`)
}

console.log('\nA validator after its replay (heap and buffers)')
const stream = await startStream()
let written = 0
for (const count of SIZES) {
  for (; written < count; written += 1000) {
    await Promise.all(Array.from({ length: 1000 }, () => stream.revoke(randomUUID())))
  }
  const before = memory()
  const start = performance.now()
  const sessions = await createSessionValidator({ secret: SECRET, redis: stream.url, waitForReady: 300 })
  const seconds = (performance.now() - start) / 1000
  report(count, before, `ready in ${seconds.toFixed(1)} s with ${sessions.status().revocations} revocations`)
  await sessions.close()
}
stream.stop()
