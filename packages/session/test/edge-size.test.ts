import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { bundle } from '../../client/test/support/bundle.js'

/** Bytes, minified and compressed. The README names it. */
const LIMIT = 7000

it('the entry for the edge is small, and uses nothing that only Node.js has', async () => {
  const code = await bundle('packages/session/src/edge.ts')
  const size = gzipSync(code, { level: 9 }).length
  console.log(`@postern/session/edge: ${size} bytes gzipped, ${code.length} minified`)
  expect(code).toContain('revocations_unavailable')
  expect(code).not.toMatch(
    /\b(?:import|require)\s*[({"'`]|\bfrom\s*["'`]|\b(?:Buffer|process|setImmediate|__dirname)\b/,
  )
  expect(size).toBeLessThan(LIMIT)
})
