import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { protobufProblems } from '../../../tools/launch/protobuf.mjs'
import { root } from '../../support/packed.js'

let checkout: string
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'postern-protobuf-'))
  for (const path of [
    'proto',
    'buf.yaml',
    'buf.gen.yaml',
    'packages/proto/src/generated',
    'services/gateway/generated',
  ])
    cpSync(join(root, path), join(checkout, path), { recursive: true })
})
afterEach(() => rmSync(checkout, { recursive: true }))

const auth = 'proto/postern/auth/v1/auth.proto'

function change(file: string, part: RegExp, replacement: string) {
  const path = join(checkout, file)
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(part)
  writeFileSync(path, text.replace(part, replacement))
}

/** What each change of the definitions is refused with. All of them are made at once, because buf takes a second. */
const REFUSED: [file: string, part: RegExp, replacement: string, problem: RegExp][] = [
  [auth, /\/\/ A new session\.\n/, '', /"LoginResponse" should have a non-empty comment/],
  [auth, /authorization_url/, 'authorizationUrl', /should be lower_snake_case/],
  [auth, / {2}string message = 1/, '    string message = 1', /^- {4}string message = 1/m],
  [auth, / {2}\/\/.*\n.*captcha_token = 8;\n/, '', /"captcha_token" on message "RegisterRequest" was deleted/],
  [auth, /bool trust_device/, 'string trust_device', /"trust_device" .* changed type/],
  ['proto/auth/auth.proto', / {2}\/\/.*\n {2}rpc Logout.*\n/, '', /RPC "Logout" .* was deleted/],
]

it('refuses what the rules forbid and what breaks clients of the last release', async () => {
  for (const [file, part, replacement] of REFUSED) change(file, part, replacement)
  const found = (await protobufProblems(checkout)).join('\n')
  for (const [, , , problem] of REFUSED) expect(found).toMatch(problem)
})

it('accepts a new field, but not without generating the code again', async () => {
  change(auth, /message LogoutRequest \{\}/, 'message LogoutRequest {\n  // Unused.\n  bool everywhere = 1;\n}')
  expect(await protobufProblems(checkout)).toEqual([
    expect.stringContaining('packages/proto/src/generated/postern/auth/v1/auth_pb.ts is not as buf generates it.'),
  ])
})
