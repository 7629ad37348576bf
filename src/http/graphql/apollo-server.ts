// Creates Apollo Server: the schema, the resolvers, the limits of a document and the plugins.
import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../../config/index.js'
import type { GraphQLContext } from '../../resolvers/context.js'
import { createResolvers, type Services } from '../../resolvers/index.js'
import type { ListSize } from '../../schema/list-sizes.js'
import { readSchema } from '../../schema/sdl.js'
import { createDocumentStore } from './document-store.js'
import { dpopChallengeHeaders } from './dpop-challenge.js'
import { type DocumentLimits, limitRule } from './limits.js'
import { operationPlugins, type OperationOptions } from './operation-plugins.js'
import { retryAfterHeader } from './retry-after.js'

interface Options extends OperationOptions {
  tracing: Tracing | null
  /** How long the lists of the schema can be. */
  lists: ReadonlyMap<string, ListSize>
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError
}

const captchaOf = ({ CAPTCHA_URL: url, CAPTCHA_SITE_KEY: siteKey, CAPTCHA_SCRIPT_URL: scriptUrl }: Config) =>
  url === undefined ? null : { siteKey: siteKey ?? null, scriptUrl: scriptUrl ?? null }

/** A client needs no more to correct a document, and finding more takes time. One more error says that there are more. */
const MAX_ERRORS = 4

/** Creates Apollo Server and starts it. Returns it with its schema, which subscriptions share. */
export async function createGraphQLServer(
  services: Services,
  config: Config,
  { tracing, lists, formatError, ...operations }: Options,
): Promise<{ apollo: ApolloServer<GraphQLContext>; schema: GraphQLSchema }> {
  const loaded = Promise.withResolvers<GraphQLSchema>()
  const apollo = new ApolloServer<GraphQLContext>({
    typeDefs: readSchema(),
    resolvers: createResolvers(services, policyOf(config, services), tracing),
    introspection: config.INTROSPECTION,
    hideSchemaDetailsFromClientErrors: !config.INTROSPECTION,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    documentStore: createDocumentStore(),
    parseOptions: { maxLexicalTokens: config.GRAPHQL_MAX_TOKENS },
    validationRules: [limitRule(limitsOf(config), lists)],
    validationOptions: { maxErrors: MAX_ERRORS },
    stopOnTerminationSignals: false,
    formatError,
    plugins: [
      ...operationPlugins(operations),
      retryAfterHeader,
      dpopChallengeHeaders,
      { serverWillStart: ({ schema }) => Promise.resolve(loaded.resolve(schema)) },
      // Cache control would wrap every resolver, including those that plans call, and read their info.
      ApolloServerPluginCacheControlDisabled(),
      // Only for subgraphs, but Apollo Server would load it and 4 MiB of Protocol Buffers.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  })
  await apollo.start()
  return { apollo, schema: await loaded.promise }
}

/** For queries and mutations; `subscribes`: for subscriptions. */
export const limitsOf = (config: Config, subscribes = false): DocumentLimits => ({
  subscribes,
  depth: config.GRAPHQL_MAX_DEPTH,
  fields: config.GRAPHQL_MAX_FIELDS,
  cost: config.GRAPHQL_MAX_COST,
  aliases: config.GRAPHQL_MAX_ALIASES,
  directives: config.GRAPHQL_MAX_DIRECTIVES,
  rootFields: { query: config.GRAPHQL_MAX_ROOT_FIELDS, mutation: config.GRAPHQL_MAX_MUTATIONS },
})

const MODES = { open: 'OPEN', invite: 'INVITE', closed: 'CLOSED' } as const

const policyOf = (config: Config, { consents, notifications, oauth }: Services) => ({
  passwordMinLength: config.PASSWORD_MIN_LENGTH,
  usernameRenames: config.USERNAME_RENAMES.count,
  usernameRenamePeriod: config.USERNAME_RENAMES.seconds,
  usernameHold: config.USERNAME_HOLD,
  captcha: captchaOf(config),
  verifiedEmailRequired: config.REQUIRE_VERIFIED_EMAIL,
  registrationHidden: config.HIDE_REGISTRATION,
  passkeyDomain: config.PASSKEY_RP_ID ?? null,
  registration: MODES[config.REGISTRATION],
  accountDeletionGrace: config.ACCOUNT_DELETION_GRACE,
  termsVersion: config.TERMS_VERSION ?? null,
  termsUrl: config.TERMS_URL ?? null,
  privacyUrl: config.PRIVACY_URL ?? null,
  consentsEnabled: consents !== null,
  notificationsEnabled: notifications !== null,
  oauthProviders: [...oauth.providers],
})
