import { readFileSync, readdirSync } from 'node:fs'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import type { Config } from '../../config/index.js'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { Logger } from '../../platform/logger.js'
import { createResolvers, type Services } from '../../resolvers/index.js'
import { formatError } from './format-error.js'
import type { ValidOperation } from '../fast-path/compiled-queries.js'
import { limitRule, MAX_TOKENS } from './limits.js'
import { answerRefusals } from './overload-response.js'
import { refuseBadVariables } from './variables.js'

/** The SDL, as the build copies it beside the code. */
function readSchema(): string[] {
  const folder = new URL('../../schema/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.map((name) => readFileSync(new URL(name, folder), 'utf8'))
}

/** Runs after validation and before graphql-js coerces the variables. */
const checkVariables: ApolloServerPlugin<GraphQLContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation({ schema, operation, request }) {
        if (operation) refuseBadVariables(schema, operation, request.variables ?? {})
        return Promise.resolve()
      },
    }),
}

const tell = (onOperation: (operation: ValidOperation) => void): ApolloServerPlugin<GraphQLContext> => ({
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation({ schema, document, source, request: { operationName } }) {
        onOperation({ schema, document, source, operationName })
        return Promise.resolve()
      },
    }),
})

interface Options {
  /** The request that an error belongs to. */
  current: () => { requestId: string; logger: Logger }
  onOperation: (operation: ValidOperation) => void
}

/** Makes Apollo Server and starts it. */
export async function createGraphQLServer(
  services: Services,
  config: Config,
  { current, onOperation }: Options,
): Promise<ApolloServer<GraphQLContext>> {
  const server = new ApolloServer<GraphQLContext>({
    typeDefs: readSchema(),
    resolvers: createResolvers(services, {
      passwordMinLength: config.PASSWORD_MIN_LENGTH,
      usernameRenames: config.USERNAME_RENAMES.count,
      usernameRenamePeriod: config.USERNAME_RENAMES.seconds,
      usernameHold: config.USERNAME_HOLD,
    }),
    introspection: config.INTROSPECTION,
    hideSchemaDetailsFromClientErrors: !config.INTROSPECTION,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [limitRule],
    stopOnTerminationSignals: false,
    formatError: (formatted, error) =>
      formatError(formatted, error, { ...current(), hideSchema: !config.INTROSPECTION }),
    // The one for cache control would wrap every resolver, those that the hot path calls too.
    plugins: [
      checkVariables,
      answerRefusals,
      tell(onOperation),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  })
  await server.start()
  return server
}
