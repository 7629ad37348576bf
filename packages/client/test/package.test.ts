import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testEverySubpath } from '../../../test/support/every-subpath.js'
import { expectPublishable, install, pack, root, run, tsc } from '../../../test/support/packed.js'

let packed: Awaited<ReturnType<typeof pack>>
/** A project with nothing but the package. */
let project: string

beforeAll(async () => {
  packed = await pack('client')
  project = join(packed.folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  await install(project, packed.tarball)
})
afterAll(() => packed.remove())

describe('every subpath', () => {
  testEverySubpath('client', () => project)
})

it('passes publint and "are the types wrong"', () => expectPublishable(packed.tarball))

it('installs alone into an empty folder and works as ES module and as CommonJS, with the types of a page', async () => {
  expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['@postern'])

  const check = `
    const client = createClient({ url: 'http://127.0.0.1:9/graphql' })
    client.policy().catch((error) => console.log([error.code, error instanceof PosternError, typeof usernameChecker].join(' ')))`
  const names = '{ createClient, PosternError, usernameChecker }'
  writeFileSync(join(project, 'a.mjs'), `import ${names} from '@postern/client'${check}`)
  writeFileSync(join(project, 'b.cjs'), `const ${names} = require('@postern/client')${check}`)
  for (const file of ['a.mjs', 'b.cjs']) {
    const { stdout } = await run(process.execPath, [file], { cwd: project })
    expect([file, stdout.trim()]).toEqual([file, 'NETWORK_ERROR true function'])
  }

  const typed = `import { createClient, usernameChecker, type UsernameState } from '@postern/client'
    const client = createClient({ url: '/graphql', cookies: true, timeout: 1000 })
    export const state: UsernameState = usernameChecker(client).state
    export const since: Promise<string> = client.profile().then(({ createdAt }) => createdAt)
    // @ts-expect-error: an email or a username is missing
    void client.login({ password: 'correct horse' })`
  writeFileSync(join(project, 'a.mts'), typed)
  writeFileSync(join(project, 'b.cts'), typed)
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom']
  await run(process.execPath, [tsc, ...flags, 'a.mts', 'b.cts'], { cwd: project })
})

it("finds the application's React for the hook", async () => {
  const project = join(packed.folder, 'with-react')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  await install(project, packed.tarball, ...['react', 'react-dom'].map((name) => join(root, 'node_modules', name)))
  const check = `
    const Field = () => createElement('p', null, useUsername({}, { initial: 'ada' }).state.status)
    console.log(renderToString(createElement(Field)))`
  const names = [
    ['{ createElement }', 'react'],
    ['{ renderToString }', 'react-dom/server'],
    ['{ useUsername }', '@postern/client/react'],
  ]
  const imports = names.map(([what, from]) => `import ${what} from '${from}'`)
  const requires = names.map(([what, from]) => `const ${what} = require('${from}')`)
  writeFileSync(join(project, 'a.mjs'), imports.join('\n') + check)
  writeFileSync(join(project, 'b.cjs'), requires.join('\n') + check)
  for (const file of ['a.mjs', 'b.cjs']) {
    const { stdout } = await run(process.execPath, ['--preserve-symlinks', file], { cwd: project })
    expect([file, stdout.trim()]).toEqual([file, '<p>idle</p>'])
  }
})
