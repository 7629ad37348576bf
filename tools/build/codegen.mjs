// Generates the types of the schema: src/generated/graphql.ts for resolvers, and those of @postern/client, where a
// DateTime is a string.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as resolvers from '@graphql-codegen/typescript-resolvers'
import { parse } from 'graphql'

/** @param {string} path */
const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const folder = fromRoot('src/schema')
const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'))
const schema = parse(files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n'))

const shared = { enumType: 'string-literal', enumsAsTypes: true, strictScalars: true }

/** @type {Record<string, { plugins: Record<string, any>, config: object }>} */
const generated = {
  'src/generated/graphql.ts': {
    plugins: { typescript, resolvers },
    config: {
      ...shared,
      useTypeImports: true,
      contextType: '../resolvers/context.js#GraphQLContext',
      scalars: {
        DateTime: { input: 'Date', output: 'Date' },
        ID: { input: 'string', output: 'string' },
        WebAuthnJSON: { input: 'object', output: 'object' },
      },
      inputMaybeValue: 'T | null | undefined',
      emitLegacyCommonJSImports: false,
      importExtension: '.js',
      mappers: {
        User: '../services/accounts/index.js#Profile',
        ManagedAccount: '../services/accounts/index.js#AdministeredAccount',
        OAuthAccount: '../services/oauth/index.js#ListedAccount',
        AuditEntry: '../services/audit/index.js#AuditRecord',
        SignalStream: '../services/signals/index.js#ManagedStream',
        UsernameAvailability: '../services/usernames/index.js#Availability',
        Webhook: '../services/webhooks/index.js#WebhookEndpoint',
        UsernameStats: '../services/usernames/index.js#Statistics',
      },
    },
  },
  'packages/client/src/generated/schema.ts': {
    plugins: { typescript },
    config: {
      ...shared,
      skipTypename: true,
      scalars: { DateTime: 'string', ID: 'string', WebAuthnJSON: 'object' },
      maybeValue: 'T | null',
      inputMaybeValue: 'T | null | undefined',
    },
  },
}

for (const [filename, { plugins, config }] of Object.entries(generated)) {
  const names = Object.keys(plugins).map((name) => ({ [name]: {} }))
  const text = await codegen({ filename, schema, documents: [], config, plugins: names, pluginMap: plugins })
  mkdirSync(dirname(fromRoot(filename)), { recursive: true })
  writeFileSync(fromRoot(filename), text)
}
