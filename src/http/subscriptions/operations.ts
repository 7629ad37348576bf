// Prepares and starts the operation of a subscription: the same checks as over POST, and the same words for errors.
import {
  type DocumentNode,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from 'graphql'
import type { RequestErrorCode } from '@postern/contract/errors'
import type { Logger } from '@postern/service/logger'
import { networkOf } from '@postern/service/networks'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Config } from '../../config/index.js'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { ListSize } from '../../schema/list-sizes.js'
import { limitsOf } from '../graphql/apollo-server.js'
import type { CurrentRequest } from '../graphql/current-request.js'
import { createFormatError } from '../graphql/format-error.js'
import { limitRule } from '../graphql/limits.js'
import { rootFieldsOf } from '../graphql/root-fields.js'
import type { Turns } from '../graphql/turns.js'
import { refuseBadVariables } from '../graphql/variables.js'

/** As in apollo-server.ts. */
const MAX_ERRORS = 4

/** As a client sends it. Nothing of it is known to be what the type says. */
export interface OperationRequest {
  readonly query?: unknown
  readonly variables?: unknown
  readonly operationName?: unknown
}

/** A result as it may be sent: its errors say nothing unexpected. */
export interface SafeResult {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

/** As graphql-js or graphql-ws describes it. */
interface SomeResult {
  readonly data?: Record<string, unknown> | null | undefined
  readonly errors?: readonly unknown[] | undefined
}

export type Started =
  | { errors: readonly GraphQLFormattedError[] }
  | {
      document: DocumentNode
      results: AsyncGenerator<ExecutionResult, void, void>
      safe: (result: SomeResult) => SafeResult
    }

export type Operations = ReturnType<typeof createOperations>

interface Parts {
  schema: GraphQLSchema
  lists: ReadonlyMap<string, ListSize>
  config: Config
  logger: Logger
  hooks: RequestHooks
  turns: Turns
}

type Prepared =
  | { errors: readonly unknown[] }
  | { document: DocumentNode; operation: OperationDefinitionNode; values: Record<string, unknown> }

/** In the form in which Apollo Server passes its errors to the formatter. */
const coded = (error: unknown, code: RequestErrorCode): unknown =>
  error instanceof GraphQLError ? Object.assign(error, { extensions: { ...error.extensions, code } }) : error

const refused = (code: RequestErrorCode, message: string): Prepared => ({
  errors: [coded(new GraphQLError(message), code)],
})

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function createOperations({ schema, lists, config, logger, hooks, turns }: Parts) {
  const rules = [
    limitRule(limitsOf(config, true), lists),
    ...(config.INTROSPECTION ? [] : [NoSchemaIntrospectionCustomRule]),
    ...specifiedRules,
  ]

  function prepare({ query, variables, operationName }: OperationRequest): Prepared {
    if (typeof query !== 'string' || query === '')
      return refused('BAD_REQUEST', 'The query must be a GraphQL document.')
    let document: DocumentNode
    try {
      document = parse(query, { maxTokens: config.GRAPHQL_MAX_TOKENS })
    } catch (error) {
      return { errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] }
    }
    const errors = validate(schema, document, rules, { maxErrors: MAX_ERRORS })
    if (errors.length > 0) return { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) }
    const name = typeof operationName === 'string' && operationName !== '' ? operationName : null
    const operation = getOperationAST(document, name)
    if (!operation) return refused('OPERATION_RESOLUTION_FAILURE', 'The document has no such operation.')
    const values = isObject(variables) ? variables : {}
    refuseBadVariables(schema, operation, values, { types: config.INTROSPECTION })
    return { document, operation, values }
  }

  async function begin({ document, operation, values }: Exclude<Prepared, { errors: unknown }>, run: CurrentRequest) {
    const { facts, context } = run
    run.rootFields = rootFieldsOf(document, operation)
    facts.operation = run.rootFields.label
    facts.calls = run.rootFields.calls
    facts.operationType = operation.operation
    try {
      hooks.before(facts)
      const operationName = operation.name?.value ?? null
      return await subscribe({ schema, document, contextValue: context, variableValues: values, operationName })
    } finally {
      // It is under way from now on, and no operation in progress.
      hooks.after(facts)
    }
  }

  /** Resolves once every later event is delivered, or to the errors. */
  return async (request: OperationRequest, facts: RequestFacts, context: GraphQLContext): Promise<Started> => {
    const run: CurrentRequest = { facts, context, rootFields: null }
    const format = createFormatError(() => run, { logger, hideSchema: !config.INTROSPECTION })
    const safely = (error: unknown) =>
      format(error instanceof GraphQLError ? error.toJSON() : { message: 'unexpected' }, error)
    try {
      await turns.take(networkOf(facts.address), () => false)
      const prepared = prepare(request)
      if ('errors' in prepared) return { errors: prepared.errors.map(safely) }
      const outcome = await begin(prepared, run)
      if (!(Symbol.asyncIterator in outcome)) return { errors: (outcome.errors ?? []).map(safely) }
      return {
        document: prepared.document,
        results: outcome,
        safe: ({ data = null, errors }) => ({ data, ...(errors && { errors: errors.map(safely) }) }),
      }
    } catch (error) {
      return { errors: [safely(error)] }
    }
  }
}
