// Queries compiled by graphql-jit, and the conditions that a client's document must meet to be compiled.
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
import type { RootFields } from '../graphql/root-fields.js'

const MAX_SOURCE_BYTES = 2048
const MAX_QUERIES = 100

/** An operation that Apollo Server has parsed and validated. */
export interface ValidOperation {
  source: string
  /** As in the request. An empty one equals none. */
  operationName: string | null | undefined
  document: DocumentNode
  schema: GraphQLSchema
  rootFields: Pick<RootFields, 'label' | 'calls'>
}

type Execute = CompiledQuery['query']

export interface Query {
  readonly valid: ValidOperation
  execute: Execute
}

/**
 * Keeps the most recently used queries that select only fields marked `@hot`. graphql-jit generates JavaScript from a
 * query; {@link isHot} decides which parts of a client's document may get there.
 */
export function createCompiledQueries() {
  const queries = new LRUCache<string, { valid: ValidOperation; execute: Execute | null }>({ max: MAX_QUERIES })

  return {
    /** Adds an operation that Apollo Server is about to execute. It is compiled at its next use. */
    add(valid: ValidOperation): void {
      const { source, operationName, document, schema } = valid
      if (source.includes('\0') || source.length > MAX_SOURCE_BYTES || Buffer.byteLength(source) > MAX_SOURCE_BYTES)
        return
      const key = keyOf(source, operationName)
      if (!queries.has(key) && isHot(schema, document)) queries.set(key, { valid, execute: null })
    },

    /** Returns the compiled query, or null if the operation has not been added or cannot be compiled. */
    find(source: string, operationName: string | null | undefined): Query | null {
      const key = keyOf(source, operationName)
      const query = queries.get(key)
      if (!query) return null
      query.execute ??= compile(query.valid)
      if (query.execute !== null) return query as Query
      queries.delete(key)
      return null
    },
  }
}

/** Documents that contain a NUL (a comment can) are not kept, so keys are unambiguous. */
const keyOf = (source: string, operationName: string | null | undefined): string =>
  operationName ? `${operationName}\0${source}` : source

/**
 * True for one query without fragments, directives and literals in which every field, or its parent type, is marked.
 * graphql-jit writes literals into the JavaScript that it generates. Without them, the only text from a client in that
 * code is names, which consist of letters, digits and underscores.
 */
export function isHot(schema: GraphQLSchema, document: DocumentNode): boolean {
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
    StringValue: refuse,
    IntValue: refuse,
    FloatValue: refuse,
    BooleanValue: refuse,
    EnumValue: refuse,
    NullValue: refuse,
    ListValue: refuse,
    ObjectValue: refuse,
    Field() {
      const field = types.getFieldDef()
      const marks = [field, types.getParentType()].flatMap((place) => place?.astNode?.directives ?? [])
      if (field?.name !== '__typename' && !marks.some(({ name }) => name.value === 'hot')) refuse()
    },
  })
  visit(document, visitor)
  return hot
}

/** Null if graphql-jit cannot compile it. */
function compile({ schema, document, operationName }: ValidOperation): Execute | null {
  const compiled = compileQuery(schema, document, operationName ?? undefined)
  return isCompiledQuery(compiled) ? compiled.query : null
}
