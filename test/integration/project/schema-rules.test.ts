import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ESLint } from 'eslint'
import { expect, it } from 'vitest'
import { root } from '../../support/packed.js'

const eslint = new ESLint({ cwd: root })

async function rulesBrokenBy(file: string, change: (sdl: string) => string): Promise<(string | null)[]> {
  const filePath = join(root, 'src/schema', file)
  const sdl = readFileSync(filePath, 'utf8')
  const [result] = await eslint.lintText(change(sdl), { filePath })
  return result!.messages.map(({ ruleId }) => ruleId)
}

it('accepts the schema', async () => {
  const results = await eslint.lintFiles('src/schema/*.graphql')
  expect(results.length).toBeGreaterThan(5)
  expect(results.flatMap(({ messages }) => messages)).toEqual([])
})

it.each([
  ['a page without hasPreviousPage', 'base', 'relay-page-info', /.*\n *hasPreviousPage: .*\n/],
  ['a page without startCursor', 'base', 'relay-page-info', /.*\n *startCursor: .*\n/],
  ['a connection without pageInfo', 'accounts', 'relay-connection-types', /.*\n *pageInfo: .*\n/],
  ['an edge without a cursor', 'accounts', 'relay-edge-types', /.*\n *cursor: .*\n/],
  ['a connection that cannot page backward', 'accounts', 'relay-arguments', /.*\n *last: .*\n/],
  ['a type without a description', 'base', 'require-description', /"Where a page .*\n/],
  ['an interface without a description', 'base', 'require-description', /"An object with .*\n/],
  ['a field without a description', 'sessions', 'require-description', /"True for the session .*\n/],
  ['an argument without a description', 'nodes', 'require-description', /"The id of an object that implements Node\."/],
  ['a field of an input without a description', 'accounts', 'require-description', /"Street and number\."\n/],
  ['a value of an enum without a description', 'accounts', 'require-description', /"Can use their own .*\n/],
  ['a directive without a description', 'usernames', 'require-description', /"""\nMarks [^"]*"""/],
])('refuses %s', async (_what, file, rule, part) => {
  const broken = await rulesBrokenBy(`${file}.graphql`, (sdl) => {
    expect(sdl).toMatch(part)
    return sdl.replace(part, '')
  })
  expect(broken).toEqual([`@graphql-eslint/${rule}`])
})
