// Plugins that run, in this order, before Apollo Server executes an operation.
import type { ApolloServerPlugin, GraphQLRequestContextDidResolveOperation } from '@apollo/server'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { GraphQLContext } from '../../resolvers/context.js'
import type { ValidOperation } from '../known-documents/plan.js'
import type { CurrentRequest } from './current-request.js'
import { rootFieldsOf } from './root-fields.js'
import { type Detail, refuseBadVariables } from './variables.js'

type Resolved = GraphQLRequestContextDidResolveOperation<GraphQLContext>

/** Runs after validation. What `step` throws becomes the response. */
const onOperation = (step: (resolved: Resolved) => void): ApolloServerPlugin<GraphQLContext> => ({
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation(resolved) {
        step(resolved)
        return Promise.resolve()
      },
    }),
})

/** An empty operationName equals none, as in the reference server: some clients send all parameters, even empty ones. */
const ignoreEmptyName: ApolloServerPlugin<GraphQLContext> = {
  requestDidStart({ request }) {
    if (request.operationName === '') delete request.operationName
    return Promise.resolve()
  },
}

export interface OperationOptions {
  current: () => CurrentRequest | undefined
  hooks: RequestHooks
  onValidOperation: (operation: ValidOperation) => void
  /** How much the messages about variables say. */
  detail: Detail
}

export const operationPlugins = ({ current, hooks, onValidOperation, detail }: OperationOptions) => [
  ignoreEmptyName,
  onOperation(({ document, operation }) => {
    const request = current()
    // Without an operation, Apollo Server responds with OPERATION_RESOLUTION_FAILURE.
    if (!request || !operation) return
    request.rootFields = rootFieldsOf(document, operation)
    request.facts.operation = request.rootFields.label
    request.facts.calls = request.rootFields.calls
    request.facts.operationType = operation.operation
    hooks.before(request.facts)
  }),
  // Before graphql-js coerces the variables, because its messages quote values.
  onOperation(({ schema, operation, request }) => {
    if (operation) refuseBadVariables(schema, operation, request.variables ?? {}, detail)
  }),
  onOperation(({ schema, document, source, operation, request: { operationName } }) => {
    if (operation)
      onValidOperation({
        ...{ schema, document, operation, source, operationName },
        rootFields: rootFieldsOf(document, operation),
      })
  }),
]
