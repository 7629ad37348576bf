import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testEverySubpath } from '../../../test/support/every-subpath.js'
import { expectPublishable, install, pack, root, run, tsc } from '../../../test/support/packed.js'

let packed: Awaited<ReturnType<typeof pack>>
/** A project with nothing but the package. */
let project: string

beforeAll(async () => {
  packed = await pack('session')
  project = join(packed.folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  await install(project, packed.tarball)
})
afterAll(() => packed.remove())

/** The same, under another name. */
function anotherProject(name: string): string {
  const other = join(packed.folder, name)
  cpSync(join(project, 'node_modules'), join(other, 'node_modules'), { recursive: true, verbatimSymlinks: true })
  return other
}

describe('every subpath', () => {
  testEverySubpath('session', () => project)
})

it('passes publint and "are the types wrong"', () => expectPublishable(packed.tarball))

it('installs into an empty folder and works as ES module and as CommonJS', async () => {
  const checks = `
    const test = createTestSessions()
    const token = test.token({ sub: 'user-1', jti: 'token-1' })
    const results = [test.sessions.validate(token).sub]
    test.revokeToken('token-1')
    try { test.sessions.validate(token) } catch (error) { results.push(error.code, error instanceof session.SessionError) }
    const paseto = session.createTokenVerifier({ pasetoKey: '70717273'.repeat(8) })
    try { paseto.verify('v4.local.' + 'A'.repeat(100)) } catch (error) { results.push(error.code) }
    try { createEdgeValidator({ secret: 's'.repeat(32) }) } catch (error) { results.push(error.message.slice(0, 19)) }
    results.push(SessionError === session.SessionError)
    results.push(typeof session.createSessionValidator, typeof requireAuth(test.sessions), typeof sessionPlugin, typeof sessionContext, REVOCATION_STREAM)
    console.log(JSON.stringify(results))`
  const names = [
    ['session', '@postern/session'],
    ['{ createTestSessions }', '@postern/session/testing'],
    ['{ requireAuth }', '@postern/session/express'],
    ['{ sessionPlugin }', '@postern/session/fastify'],
    ['{ sessionContext }', '@postern/session/apollo'],
    ['{ REVOCATION_STREAM }', '@postern/session/protocol'],
    ['{ createEdgeValidator, SessionError }', '@postern/session/edge'],
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
    'revocations must be',
    true,
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
})

it.each(['@types/node', 'types-node-26'])('type-checks under %s, declarations included', async (types) => {
  const project = anotherProject(types.replace('/', '-'))
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  symlinkSync(join(root, 'node_modules', types), join(project, 'node_modules/@types/node'))
  symlinkSync(join(root, 'node_modules/fastify'), join(project, 'node_modules/fastify'))
  const typed = `import { createSessionValidator, type Claims, type PublicKeys } from '@postern/session'
    import { sessionContext } from '@postern/session/apollo'
    import { requireAuth } from '@postern/session/express'
    import { sessionPlugin } from '@postern/session/fastify'
    import { REVOCATION_STREAM } from '@postern/session/protocol'
    import { createTestSessions } from '@postern/session/testing'
    import { generateKeyPairSync } from 'node:crypto'
    export const claims: Claims = createTestSessions().sessions.validate('x')
    export const guard = requireAuth(createTestSessions().sessions)
    export const others = [sessionContext, sessionPlugin, REVOCATION_STREAM]
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    export const publicKeys: PublicKeys = { k1: publicKey, k2: publicKey.export({ format: 'jwk' }), k3: 'PEM' }
    export const start = () => createSessionValidator({ publicKeys, redis: 'redis://localhost' })`
  writeFileSync(join(project, 'a.mts'), typed)
  writeFileSync(join(project, 'b.cts'), typed)
  const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2024']
  await run(process.execPath, [tsc, ...flags, '--types', 'node', 'a.mts', 'b.cts'], { cwd: project })
})

it.each(['dom', 'webworker'])(
  'type-checks for the edge with the types of the web (%s) and none of Node.js',
  async (lib) => {
    const project = anotherProject(lib)
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
    writeFileSync(
      join(project, 'a.ts'),
      `import { authenticate, createEdgeValidator, serviceCheck, type EdgeAuth } from '@postern/session/edge'
    const sessions = createEdgeValidator({
      jwksUrl: 'https://auth.example.com/.well-known/jwks.json',
      revocations: serviceCheck({ url: 'https://auth.example.com/graphql', fetch }),
    })
    export const auth = (request: Request): Promise<EdgeAuth> => authenticate(sessions, request)
    // @ts-expect-error -- The option is required.
    createEdgeValidator({ secret: 'x' })`,
    )
    const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--lib', `es2022,${lib}`]
    const modules = ['--module', 'esnext', '--moduleResolution', 'bundler']
    await run(process.execPath, [tsc, ...flags, ...modules, 'a.ts'], { cwd: project })
  },
)
