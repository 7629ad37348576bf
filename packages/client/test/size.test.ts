import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { bundle } from './support/bundle.js'

/** Bytes, as a page loads it: minified by a bundler, and compressed. */
const LIMIT = 5650

it.each([
  ['the client', 'packages/client/src/index.ts'],
  ['the React hooks, with the checker', 'packages/client/src/react.ts'],
])('%s is small', async (what, path) => {
  const code = await bundle(path, { external: ['react'] })
  const size = gzipSync(code, { level: 9 }).length
  console.log(`${what}: ${size} bytes gzipped, ${code.length} minified`)
  // It imports nothing else, and nothing is missing.
  expect(/^import.*?from ?["'](.*?)["']/.exec(code)?.[1]).toBe(path.includes('react') ? 'react' : undefined)
  expect(code).toContain('checkUsername')
  expect(size).toBeLessThan(LIMIT)
})

it('passkeys are small besides the client', async () => {
  const code = await bundle('packages/client/src/passkeys.ts')
  const size = gzipSync(code, { level: 9 }).length
  console.log(`passkeys: ${size} bytes gzipped, ${code.length} minified`)
  expect(code).not.toMatch(/^import/)
  expect(code).not.toContain('checkUsername')
  expect(size).toBeLessThan(2600)
})
