import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { beforeAll, describe, expect, it } from 'vitest'

interface Violation {
  rule: { name: string }
  from: string
  to: string
}

const root = new URL('../../../', import.meta.url)
const fixture = new URL('test/fixtures/boundaries/', root)
const path = (name: string) => fileURLToPath(new URL(name, root))

/** Runs the check of `npm run check` on a small tree that breaks the rules of docs/architecture.md on purpose. */
function violationsInFixture(): Promise<Violation[]> {
  const cruise = [path('node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), 'src', 'packages', 'web']
  const options = ['--config', path('.dependency-cruiser.cjs'), '--output-type', 'json']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...cruise, ...options], { cwd: fileURLToPath(fixture) }, (_error, stdout, stderr) => {
      if (!stdout) return reject(new Error(stderr))
      const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } }
      resolve(summary.violations)
    })
  })
}

describe('the check of import rules', () => {
  let violations: Violation[]
  const found = (from: string, to: RegExp) =>
    violations.filter((violation) => violation.from === from && to.test(violation.to)).map(({ rule }) => rule.name)

  beforeAll(async () => {
    violations = await violationsInFixture()
  })

  it.each([
    ['a resolver that skips the services', 'src/resolvers/skips-the-services.ts', /repositories\/accounts/],
    ['a service that knows Redis', 'src/services/usernames/knows-redis.ts', /ioredis/],
    ['a service that knows OpenTelemetry', 'src/services/usernames/knows-opentelemetry.ts', /@opentelemetry/],
    ['a service that knows GraphQL, by type only', 'src/services/usernames/knows-graphql.ts', /graphql/],
    ["a service that skips another domain's door", 'src/services/accounts/skips-the-door.ts', /sessions\/sessions/],
    ['usernames that know sessions', 'src/services/usernames/knows-sessions.ts', /sessions\/index/],
    ['sessions that know accounts', 'src/services/sessions/knows-accounts.ts', /accounts\/index/],
    ['passwords that know another domain', 'src/services/passwords/knows-sessions.ts', /sessions\/index/],
    ["an app that skips a domain's door", 'src/app/skips-the-door.ts', /sessions\/sessions/],
    ["an HTTP server that skips a domain's door", 'src/http/skips-the-door.ts', /sessions\/sessions/],
    ["a resolver that skips a domain's door", 'src/resolvers/skips-the-door.ts', /sessions\/sessions/],
    ["a repository that knows another domain's", 'src/repositories/sessions/knows-accounts.ts', /accounts\/users/],
    ['a client that knows a service, by type only', 'src/clients/knows-a-service.ts', /services\/authentication/],
    ['a client that reads the configuration', 'src/clients/reads-the-configuration.ts', /config\/index/],
    ['a gRPC server that knows a resolver', 'src/grpc/knows-a-resolver.ts', /resolvers\/skips-the-door/],
    ['an HTTP server that knows the app', 'src/http/knows-the-app.ts', /app\/create-app/],
    ['a platform file that knows another folder', 'src/platform/knows-the-http-server.ts', /src\/http/],
    ['a contract that needs a library', 'packages/contract/src/knows-a-library.ts', /zod/],
    ['a package that knows the service', 'packages/session/src/knows-the-service.ts', /src\/platform/],
    ['the library of services that knows one of them', 'packages/service/src/knows-the-service.ts', /src\/platform/],
    ['a client that knows the validator', 'packages/client/src/knows-the-validator.ts', /packages\/session/],
    ['protocol buffers that know the contract', 'packages/proto/src/knows-the-contract.ts', /packages\/contract/],
    ['a service that knows gRPC', 'src/services/usernames/knows-grpc.ts', /@grpc/],
    ['a page that knows the service', 'web/app/src/knows-the-service.ts', /src\/platform/],
  ])('refuses %s', (_what, from, to) => {
    expect(found(from, to)).toContain('not-in-allowed')
  })

  it('refuses to load traces before they are needed', () => {
    expect(found('src/app/loads-traces.ts', /open-telemetry/)).toContain('traces-on-demand')
  })

  it('refuses a cycle of type imports', () => {
    expect(found('src/repositories/accounts/credentials.ts', /users/)).toContain('no-cycles')
  })

  it('refuses a package that is not declared', () => {
    expect(found('src/services/usernames/uses-undeclared-package.ts', /no-such-package/)).toContain(
      'nothing-undeclared',
    )
  })

  it('accepts imports that the table allows', () => {
    const legal = [
      'src/resolvers/authentication.ts',
      'src/services/authentication/login.ts',
      'src/services/authentication/index.ts',
      'src/clients/connects-as-configured.ts',
      'src/app/loads-traces-on-demand.ts',
      'packages/service/src/tracing/open-telemetry.ts',
    ]
    // The package.json of each package is not in this tree.
    const ofPackages = ['nothing-undeclared', 'nothing-from-development']
    expect(violations.filter(({ from, rule }) => legal.includes(from) && !ofPackages.includes(rule.name))).toEqual([])
  })
})

describe('the rules of ESLint', () => {
  const rulesBroken = async (filePath: string, text: string) => {
    const eslint = new ESLint({ cwd: fileURLToPath(root), overrideConfig: [tseslint.configs.disableTypeChecked] })
    const [result] = await eslint.lintText(text, { filePath: path(filePath) })
    return result?.messages.map(({ ruleId }) => ruleId)
  }

  it('refuse a value that is used above its declaration, but not a function', async () => {
    const use = "export const greet = () => word('Hello')\n"
    expect(await rulesBroken('src/platform/emails.ts', `${use}const word = (text: string) => text\n`)).toEqual([])
    expect(await rulesBroken('src/platform/emails.ts', `${use}const word = new Proxy(String, {})\n`)).toEqual([
      'postern/declare-values-first',
    ])
  })

  it('refuse process.env outside src/config', async () => {
    expect(await rulesBroken('src/platform/emails.ts', "export const port = process.env['PORT']\n")).toEqual([
      'no-restricted-properties',
    ])
    expect(await rulesBroken('src/platform/emails.ts', "export { env } from 'node:process'\n")).toEqual([
      'no-restricted-imports',
    ])
  })
})
