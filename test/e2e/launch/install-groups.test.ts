import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshClone, run } from '../../support/packed.js'

let clone: string
beforeAll(() => {
  clone = join(mkdtempSync(join(tmpdir(), 'postern-groups-')), 'clone')
  freshClone(clone, { omit: 'dev' })
})
afterAll(() => rmSync(join(clone, '..'), { recursive: true }))

it('npm start needs no devDependencies to build what the service runs', async () => {
  expect(existsSync(join(clone, 'node_modules/vitest'))).toBe(false)
  await run(process.execPath, ['scripts/build.mjs', '--omit=types'], { cwd: clone })

  for (const file of ['dist/web/index.html', 'dist/playground/index.html', 'dist/schema/accounts.graphql'])
    expect(existsSync(join(clone, file)), file).toBe(true)
  expect(existsSync(join(clone, 'src/generated/graphql.ts'))).toBe(false)
  const { stdout } = await run(process.execPath, ['dist/cli.js', 'help'], { cwd: clone })
  expect(stdout).toMatch(/^Usage: /)
})

it('says what to do if the protocol buffers have changed and nothing is installed that generates code from them', async () => {
  appendFileSync(join(clone, 'proto/auth/auth.proto'), '// A change.\n')
  const build = run(process.execPath, ['scripts/build.mjs', '--omit=types'], { cwd: clone })
  await expect(build).rejects.toThrow('proto/ has changed')
})
