// The operations of an OpenAPI document: how they are called, and whether requests and responses are as it describes them.
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Input } from './door.js'

interface Operation {
  operationId: string
  tags?: string[]
  security?: object[]
  parameters?: { name: string; in: 'path' | 'query' }[]
  requestBody?: Content
  responses: Record<string, Response>
}

interface Content {
  content: Record<string, { schema: object; example?: unknown } | undefined>
}

type Response = { $ref: string } | Content

interface Schema {
  description?: string
  properties?: Record<string, { description?: string }>
}

export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, Response>; schemas: Record<string, Schema> }
}

export type OpenApi = ReturnType<typeof openApi>

export function openApi(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: 'https://postern.test/openapi.json', ...document })
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([verb, operation]) => [operation.operationId, { path, verb, operation }] as const),
    ),
  )

  function find(id: string) {
    const found = operations.get(id)
    if (!found) throw new Error(`The document has no operation ${id}.`)
    return found
  }

  /** References inside the document, for a schema that is compiled on its own. */
  const absolute = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://postern.test/openapi.json#/')) as object

  function resolve(response: Response | undefined) {
    if (!response || !('$ref' in response)) return response
    return resolve(document.components.responses[response.$ref.split('/').at(-1)!])
  }

  return {
    /** What to send: the input without what is in the path or in the query is the body. Throws if the document has no such body. */
    request(id: string, input: Input) {
      const { path, verb, operation } = find(id)
      const parameters = operation.parameters ?? []
      const valuesIn = (place: string) =>
        parameters.filter((one) => one.in === place && input[one.name] !== undefined).map(({ name }) => name)
      const query = valuesIn('query').map((name) => `${name}=${encodeURIComponent(String(input[name]))}`)
      const rest = Object.entries(input).filter(([name]) => !parameters.some((one) => one.name === name))
      const body = operation.requestBody ? Object.fromEntries(rest) : null
      const content = operation.requestBody?.content['application/json']
      const problems = content ? problemsIn(content.schema, body, `body of ${id}`) : []
      if (problems.length > 0) throw new Error(problems.join('\n'))
      return {
        verb: verb.toUpperCase(),
        path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name]))),
        query: query.length > 0 ? `?${query.join('&')}` : '',
        body,
      }
    },

    /** In which respects a response is none of those that the document describes. */
    problemsOf(id: string, { status, headers }: { status: number; headers: Headers }, body: unknown): string[] {
      const response = resolve(find(id).operation.responses[status])
      if (!response) return [`${id} has no response ${status}: ${JSON.stringify(body)}`]
      const type = headers.get('content-type')?.split(';')[0] ?? ''
      const content = response.content[type]
      return content ? problemsIn(content.schema, body, `${id} ${status}`) : [`${id} has no ${type} for ${status}`]
    },

    /** In which respects examples are not as their schemas. */
    problemsOfExamples: (): string[] =>
      [...operations].flatMap(
        ([
          id,
          {
            operation: { requestBody, responses },
          },
        ]) =>
          [requestBody, ...Object.values(responses).map(resolve)]
            .flatMap((one) => Object.values(one?.content ?? {}))
            .flatMap((one) =>
              one?.example === undefined ? [] : problemsIn(one.schema, one.example, `example of ${id}`),
            ),
      ),
  }

  function problemsIn(schema: object, value: unknown, where: string): string[] {
    const validate = ajv.compile(absolute(schema))
    return validate(value)
      ? []
      : (validate.errors ?? []).map((error) => `${where}: ${error.instancePath} ${error.message}`)
  }
}
