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

/** Bytes of a document, and how many are kept. */
const MAX_SOURCE = 2048
const MAX_OPERATIONS = 100

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
 * The operations that touch nothing but fields marked `@hot`, those used last. Compiling one means that graphql-jit writes
 * JavaScript from it: what of a client's document may get in there is decided here.
 */
export function createHotOperations() {
  /** Null: to be compiled when it is used again. */
  const operations = new LRUCache<string, { valid: ValidOperation; execute: Execute | null }>({ max: MAX_OPERATIONS })

  return {
    /** To be told of each operation that Apollo Server is about to execute. */
    learn(valid: ValidOperation): void {
      const { source, operationName, document, schema } = valid
      if (source.includes('\0') || source.length > MAX_SOURCE || Buffer.byteLength(source) > MAX_SOURCE) return
      const key = keyOf(source, operationName)
      if (!operations.has(key) && isHot(schema, document)) operations.set(key, { valid, execute: null })
    },

    /** Executes an operation that was learnt; null where there is none. */
    find(source: string, operationName: string | null | undefined): Execute | null {
      const key = keyOf(source, operationName)
      const operation = operations.get(key)
      if (!operation) return null
      operation.execute ??= compile(operation.valid)
      if (operation.execute === null) operations.delete(key)
      return operation.execute
    },
  }
}

/** A document with a NUL in it, which a comment can have, is not kept. */
const keyOf = (source: string, operationName: string | null | undefined): string =>
  operationName == null ? source : `${operationName}\0${source}`

/**
 * One query without fragments and directives, of which every field is marked, by itself or by its type. And without
 * literals: graphql-jit writes them into the JavaScript that it generates, where a string made for it becomes code. What
 * is left of a client in there are names, of letters, digits and underscores.
 */
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

/** Null where graphql-jit cannot. */
function compile({ schema, document, operationName }: ValidOperation): Execute | null {
  const compiled = compileQuery(schema, document, operationName ?? undefined)
  return isCompiledQuery(compiled) ? compiled.query : null
}
