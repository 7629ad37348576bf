import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const folder = mkdtempSync(join(tmpdir(), 'postern-package-'))
let tarball: string

beforeAll(async () => {
  // Packing builds both halves; in a copy, because other tests read the working one meanwhile.
  const copy = join(folder, 'repository')
  mkdirSync(join(copy, 'packages/session'), { recursive: true })
  cpSync(join(root, 'packages/session'), join(copy, 'packages/session'), {
    recursive: true,
    filter: (path) => !/(dist|\.tsbuildinfo)$/.test(path),
  })
  cpSync(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` }
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(copy, 'packages/session'), env })
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  )
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('is what publint and "are the types wrong" ask of a package', async () => {
  const { publint } = await import('publint')
  const { messages } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer } })
  expect(messages).toEqual([])
  // node10 knows no exports, and no supported Node.js resolves like it.
  await run(bin('attw'), [tarball, '--profile', 'node16'])
}, 30_000)

it('installs into an empty folder and works as ES module and as CommonJS', async () => {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], {
    cwd: project,
  })
  const checks = `
    const test = createTestSessions()
    const token = test.token({ sub: 'user-1', jti: 'token-1' })
    const results = [test.sessions.validate(token).sub]
    test.revokeToken('token-1')
    try { test.sessions.validate(token) } catch (error) { results.push(error.code, error instanceof session.SessionError) }
    const paseto = session.createTokenVerifier({ pasetoKey: '70717273'.repeat(8) })
    try { paseto.verify('v4.local.' + 'A'.repeat(100)) } catch (error) { results.push(error.code) }
    results.push(typeof session.createSessionValidator, typeof requireAuth(test.sessions), typeof sessionPlugin, typeof sessionContext, REVOCATION_STREAM)
    console.log(JSON.stringify(results))`
  const names = [
    ['session', '@postern/session'],
    ['{ createTestSessions }', '@postern/session/testing'],
    ['{ requireAuth }', '@postern/session/express'],
    ['{ sessionPlugin }', '@postern/session/fastify'],
    ['{ sessionContext }', '@postern/session/apollo'],
    ['{ REVOCATION_STREAM }', '@postern/session/protocol'],
  ] as const
  writeFileSync(
    join(project, 'a.mjs'),
    names
      .map(
        ([name, from]) =>
          `import ${name.replace('session', name === 'session' ? '* as session' : 'session')} from '${from}'`,
      )
      .join('\n') + checks,
  )
  writeFileSync(
    join(project, 'b.cjs'),
    names.map(([name, from]) => `const ${name} = require('${from}')`).join('\n') + checks,
  )
  const expected = [
    'user-1',
    'revoked',
    true,
    'bad_signature',
    'function',
    'function',
    'function',
    'function',
    'token_invalidation_log',
  ]
  for (const file of ['a.mjs', 'b.cjs']) {
    const { stdout } = await run(process.execPath, [file], { cwd: project })
    expect([file, JSON.parse(stdout)]).toEqual([file, expected])
  }

  const typed = `import { createSessionValidator, type Claims } from '@postern/session'
    import { requireAuth } from '@postern/session/express'
    import { createTestSessions } from '@postern/session/testing'
    export const claims: Claims = createTestSessions().sessions.validate('x')
    export const guard = requireAuth(createTestSessions().sessions)
    export const start = () => createSessionValidator({ secret: 'x', redis: 'redis://localhost' })`
  writeFileSync(join(project, 'a.mts'), typed)
  writeFileSync(join(project, 'b.cts'), typed)
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    'node',
    '--typeRoots',
    join(root, 'node_modules/@types'),
  ]
  await run(process.execPath, [bin('tsc'), ...flags, 'a.mts', 'b.cts'], { cwd: project })
}, 60_000)
