import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fromBinary, fromJson, toJson } from '@bufbuild/protobuf'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { AuthService } from '@postern/proto/auth'
import { AuthServiceAlias } from '@postern/proto/auth-alias'
import { ErrorInfoSchema } from '@postern/proto/errors'
import { grpcClient } from '@postern/proto/grpc-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensurePrograms, grpcPythonPath } from '../../../tools/launch/programs.mjs'
import { unique } from '../../support/client.js'
import { bearer, readFailure } from '../../support/grpc.js'
import { bin, root } from '../../support/packed.js'
import { runReadme } from '../../support/readme-commands.js'
import { startService, type Service } from '../../support/service.js'
import { runSnippet, snippetsOf } from '../../support/snippets.js'

const run = promisify(execFile)

/** The response, or the code of gRPC and the one of Postern. */
type Outcome = Record<string, any>
/** Calls an RPC of a service with a request in JSON. */
type Call = (rpc: string, request: object, token?: string) => Promise<Outcome>

let service: Service
let folder: string
let descriptors: string
let address: string
const open: Client[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-clients-'))
  descriptors = join(folder, 'postern.binpb')
  const described = run(bin('buf'), ['build', '--as-file-descriptor-set', '-o', descriptors], { cwd: root })
  ;[service] = await Promise.all([startService({ GRPC_PORT: '0', GRPC_REFLECTION: 'true' }), described])
  address = `127.0.0.1:${service.grpc!.port}`
})
afterAll(async () => {
  for (const client of open) client.close()
  await service.stop()
  rmSync(folder, { recursive: true })
})

/** `buf curl` finds the RPC by the reflection of the server. */
const bufCurl =
  (name: string): Call =>
  async (rpc, request, token) => {
    const header = token ? ['--header', `authorization: Bearer ${token}`] : []
    const url = `http://${address}/${name}/${rpc}`
    const options = ['--protocol', 'grpc', '--http2-prior-knowledge', '--data', JSON.stringify(request), ...header]
    try {
      const { stdout } = await run(bin('buf'), ['curl', ...options, url])
      return JSON.parse(stdout) as Outcome
    } catch (error) {
      const { stderr } = error as { stderr: string }
      const { code, details } = JSON.parse(stderr) as { code: string; details: { type: string; value: string }[] }
      const info = details.find(({ type }) => type === 'google.rpc.ErrorInfo')
      const { reason } = fromBinary(ErrorInfoSchema, Buffer.from(info?.value ?? '', 'base64'))
      return { refused: [code.toUpperCase(), reason] }
    }
  }

const grpcJs = (name: string): Call => {
  const client = new Client(address, credentials.createInsecure())
  open.push(client)
  const described = [AuthService, AuthServiceAlias].find(({ typeName }) => typeName === name)!
  return async (rpc, request, token) => {
    const { localName, input, output } = described.methods.find((method) => method.name === rpc)!
    const call = grpcClient(described, client)[localName as 'register'] as (...args: unknown[]) => Promise<never>
    try {
      const response = await call(fromJson(input, request as never), token ? bearer(token) : {})
      return toJson(output, response) as Outcome
    } catch (error) {
      const { status, code } = readFailure(error as ServiceError)
      return { refused: [status, code] }
    }
  }
}

describe.each(['postern.auth.v1.AuthService', 'auth.AuthService'])('through %s', (name) => {
  it.each([
    ['buf curl', bufCurl],
    ['@grpc/grpc-js', grpcJs],
  ])('%s signs up, signs in, validates the token, reads the profile and signs out', async (_client, callsTo) => {
    const call = callsTo(name)
    const account = { email: `${unique()}@example.com`, password: unique('a long password ') }
    // The names of the definitions, as the earlier examples have them.
    const names = { first_name: 'Ada', last_name: 'Lovelace' }
    const { user } = await call('Register', { ...account, ...names })
    expect(user).toMatchObject({ email: account.email, name: 'Ada Lovelace' })

    const { token, tokenType } = await call('Login', account)
    expect(tokenType).toBe('Bearer')
    const roles = ['USER_ROLE_USER']
    expect(await call('ValidateToken', { token })).toMatchObject({ valid: true, userId: user.id, roles })
    const profile = await call('GetUserProfile', {}, token)
    expect(profile).toMatchObject({ user: { id: user.id, firstName: 'Ada', lastName: 'Lovelace' } })

    expect(await call('Logout', {}, token)).toEqual({})
    expect(await call('ValidateToken', { token })).toEqual({})
    expect(await call('GetUserProfile', {}, token)).toEqual({ refused: ['UNAUTHENTICATED', 'UNAUTHENTICATED'] })
  })

  it("Python's grpcio does the same, as in examples/python", async () => {
    await ensurePrograms(['grpcio'], { forTests: true })
    const program = join(root, 'examples/python/sign_in.py')
    const { stdout } = await run(grpcPythonPath(), [program, address, descriptors, name])
    expect(stdout.trim().split('\n')).toEqual([
      'registered',
      'signed in, Bearer',
      'valid: True, the same user: True',
      'profile of Ada, the same address: True',
      'signed out',
      'valid: False',
      'refused: UNAUTHENTICATED, UNAUTHENTICATED',
    ])
  })
})

describe('docs/grpc.md', () => {
  it('has commands that do what it shows', async () => {
    const { missing, compared } = await runReadme('docs/grpc.md', {
      'localhost:50051': address,
      'npx buf build': `${bin('buf')} build ${root}`,
      'npx buf': bin('buf'),
      'python3 examples': `${grpcPythonPath()} ${root}/examples`,
    })
    expect(missing).toEqual([])
    expect(compared).toBe(12)
  })

  it('has a program for Node.js that calls the service', async () => {
    const snippet = snippetsOf('docs/grpc.md').find(({ language }) => language === 'js')!
    const replace = { 'localhost:50051': address, "'proto'": JSON.stringify(join(root, 'proto')) }
    const { stdout, stderr } = await runSnippet(snippet, { replace }).finished
    expect({ stdout, stderr }).toEqual({ stdout: 'This username is reserved.\n', stderr: '' })
  })
})
