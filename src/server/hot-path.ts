import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit'
import { LRUCache } from 'lru-cache'
import type { FlatHeaders } from './protective-headers.js'

/** Bytes of a document, and how many of them are kept. */
const MAX_SOURCE = 2048
const MAX_OPERATIONS = 100

/** Milliseconds for which everything goes to Apollo Server after an execution failed: it would all be asked twice. */
const REST = 1000

/** An operation that Apollo Server has parsed and validated. */
export interface ValidOperation {
  source: string
  /** As the request gave it. */
  operationName: string | null | undefined
  document: DocumentNode
  schema: GraphQLSchema
}

type Execute = CompiledQuery['query']

/**
 * Answers from their second use on, by graphql-jit and without Apollo Server, the operations that touch nothing but
 * fields marked `@hot` (docs/adr/0009). It answers what is certain to be right, and leaves the rest to Apollo Server:
 * whatever it has not seen there before, and every error. It runs inside the HTTP server's hooks, as Apollo Server does.
 */
export function createHotPath(headersOf: (origin: string | undefined) => FlatHeaders) {
  /** Null: to be compiled when it is used again. */
  const operations = new LRUCache<string, { valid: ValidOperation; execute: Execute | null }>({ max: MAX_OPERATIONS })
  /** The content type that Apollo Server chose for each Accept header. */
  const contentTypes = new LRUCache<string, string>({ max: MAX_OPERATIONS })
  let restUntil = 0

  function find({ query, operationName }: HotRequest): Execute | null {
    const key = keyOf(query, operationName)
    const operation = operations.get(key)
    if (!operation) return null
    operation.execute ??= compile(operation.valid)
    if (operation.execute === null) operations.delete(key)
    return operation.execute
  }

  return {
    /** To be told of each operation that Apollo Server is about to execute. */
    learnOperation(valid: ValidOperation): void {
      const { source, operationName, document, schema } = valid
      if (source.length > MAX_SOURCE || Buffer.byteLength(source) > MAX_SOURCE) return
      const key = keyOf(source, operationName)
      if (!operations.has(key) && isHot(schema, document)) operations.set(key, { valid, execute: null })
    },

    /** To be told of each answer of Apollo Server, before it is sent. */
    learnContentType(request: FastifyRequest, reply: FastifyReply): void {
      const contentType = reply.getHeader('content-type')
      if (reply.statusCode === 200 && isHotRequest(request) && typeof contentType === 'string')
        contentTypes.set(acceptOf(request), contentType)
    },

    /** Answers and returns true, or has sent nothing and returns false. */
    async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
      if (!isHotRequest(request) || performance.now() < restUntil) return false
      const execute = find(request.body)
      const contentType = contentTypes.get(acceptOf(request))
      if (execute === null || contentType === undefined) return false

      const result = await execute(undefined, NOBODY, request.body.variables ?? {})
      if (result.errors !== undefined) {
        // Without data the request itself was wrong; with it, even null, something did not answer.
        if ('data' in result) restUntil = performance.now() + REST
        return false
      }
      send(reply, contentType, `${JSON.stringify({ data: result.data })}\n`, headersOf(request.headers.origin))
      return true
    },
  }
}

/** What a marked field gets for a context: it answers alike whoever asks. One that looks is an error, so Apollo's. */
const NOBODY = new Proxy(
  {},
  {
    get() {
      throw new Error('a field marked @hot must not look at who asks')
    },
  },
)

/** As Fastify would, with the headers that its hooks have set, and in the same order. */
function send(reply: FastifyReply, contentType: string, body: string, always: FlatHeaders): void {
  const headers: string[] = []
  for (const [name, value] of Object.entries(reply.getHeaders())) headers.push(name, String(value))
  headers.push('content-type', contentType, ...always, 'content-length', String(Buffer.byteLength(body)))
  reply.hijack()
  reply.raw.writeHead(200, headers)
  reply.raw.end(body)
}

interface HotRequest {
  query: string
  operationName?: string | null
  variables?: Record<string, unknown> | null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Those that Apollo Server takes for certain; it has an error of its own for each way to be none. */
function isHotRequest(request: FastifyRequest): request is FastifyRequest & { body: HotRequest } {
  const { method, headers, body } = request
  if (method !== 'POST' || !/^application\/json(; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '')) return false
  if (!isRecord(body) || typeof body['query'] !== 'string' || body['query'].length > MAX_SOURCE) return false
  const { operationName, variables, extensions } = body
  return (
    (operationName == null || (typeof operationName === 'string' && operationName !== '')) &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !('persistedQuery' in extensions)))
  )
}

const acceptOf = (request: FastifyRequest): string => request.headers.accept ?? ''

/** No document has a NUL in it. */
const keyOf = (source: string, operationName: string | null | undefined): string =>
  operationName == null ? source : `${operationName}\0${source}`

/** One query without fragments and directives, of which every field is marked, by itself or by its type. */
function isHot(schema: GraphQLSchema, document: DocumentNode): boolean {
  const [operation, ...others] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) return false
  if (operation.operation !== OperationTypeNode.QUERY) return false
  const types = new TypeInfo(schema)
  let hot = true
  const refuse = () => {
    hot = false
  }
  const visitor = visitWithTypeInfo(types, {
    Directive: refuse,
    FragmentSpread: refuse,
    InlineFragment: refuse,
    Field() {
      const field = types.getFieldDef()
      const marks = [field, types.getParentType()].flatMap((place) => place?.astNode?.directives ?? [])
      if (field?.name !== '__typename' && !marks.some(({ name }) => name.value === 'hot')) refuse()
    },
  })
  visit(document, visitor)
  return hot
}

/** Null where graphql-jit cannot. */
function compile({ schema, document, operationName }: ValidOperation): Execute | null {
  const compiled = compileQuery(schema, document, operationName ?? undefined)
  return isCompiledQuery(compiled) ? compiled.query : null
}
