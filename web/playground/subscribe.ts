// Runs subscriptions of the playground: over server-sent events, which take the headers that a person has typed.
import { createClient } from 'graphql-sse'
import type { Operation } from './graphiql.js'

interface Document {
  readonly definitions: readonly { kind: string; operation?: string; name?: { value: string } | undefined }[]
}

/** Whether the operation to run is a subscription. */
export const isSubscription = ({ operationName }: Operation, document: Document | undefined): boolean =>
  document?.definitions.some(
    ({ kind, operation, name }) =>
      kind === 'OperationDefinition' &&
      operation === 'subscription' &&
      (operationName == null || operationName === '' || name?.value === operationName),
  ) ?? false

/** Its results. The connection ends when the reader wants no more, as with the stop button. */
export function subscribe(
  endpoint: string,
  { query, operationName, variables }: Operation,
  headers: Record<string, string>,
): AsyncIterable<unknown> {
  const client = createClient({ url: `${endpoint}/stream`, headers, retryAttempts: 0 })
  return client.iterate({
    query,
    ...(operationName != null && { operationName }),
    ...(variables != null && { variables: variables as Record<string, unknown> }),
  })
}
