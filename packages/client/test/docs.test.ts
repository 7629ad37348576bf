import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compileExamples, readPackage } from '../../../test/support/examples.js'

const { readme, sources } = readPackage('client')
const source = (name: string) => sources.find((file) => file.name === name)!.text
const rows = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].map(([, name]) => name!)

it('compiles every example of the README and of the documentation comments', async () => {
  const { count, problems } = await compileExamples('client', {
    lib: ['es2024', 'dom', 'dom.iterable'],
    jsx: 'react-jsx',
    types: ['node'],
  })
  expect(count).toBeGreaterThan(8)
  expect(problems).toEqual([])
})

it('lists every call, every option and every state', () => {
  const calls = rows(/^ {4}(\w+): /gm, source('client.ts').split('  const client = {')[1]!)
  expect(calls).toContain('checkUsername')
  for (const call of calls) expect(readme).toMatch(new RegExp(`\`${call}(\\(|\`)`))
  const bodies = /interface (?:ClientOptions|UsernameCheckerOptions) {\n([\s\S]*?)\n}/g
  const options = ['client.ts', 'username-checker.ts'].flatMap((name) =>
    rows(bodies, source(name)).flatMap((body) => rows(/^ {2}readonly (\w+)\??: /gm, body)),
  )
  expect(options).toContain('url')
  expect(options).toContain('own')
  for (const option of options) expect(readme).toMatch(new RegExp(`^\\| \`${option}\` `, 'm'))
  const states = ['username-checker.ts', 'session-state.ts'].flatMap((name) =>
    rows(/readonly status: '([\w-]+)'/g, source(name)),
  )
  expect(states).toHaveLength(5 + 4)
  for (const state of states) expect(readme).toMatch(new RegExp(`^\\| \`${state}\` `, 'm'))
})

it('documents every code of the service and its own', () => {
  const shared = readFileSync(new URL('../../contract/src/errors.ts', import.meta.url), 'utf8')
  const service = rows(/type \w+Code =([^]*?)\n\n/g, shared).flatMap((codes) => rows(/'(\w+)'/g, codes))
  const own = [/ClientErrorCode = '.*/, /PasskeyErrorCode = '.*/].flatMap((type) =>
    rows(/[|=] '(\w+)'/g, type.exec(source('errors.ts'))![0]),
  )
  expect(service.length).toBeGreaterThan(25)
  expect(own).toHaveLength(8)
  const documented = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8') + readme
  for (const code of [...service, ...own]) expect(documented).toMatch(new RegExp(`^\\| \`${code}\``, 'm'))
})
