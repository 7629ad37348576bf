// Coerces the variables of a known operation as graphql-js does, with everything that its document decides prepared.
import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql'

export type Values = Readonly<Record<string, unknown>>

/** Returns the value as resolvers get it. Throws if graphql-js would refuse it. */
type Coerce = (value: unknown) => unknown

/** Apollo Server repeats the check and has the messages. */
const REFUSED = new Error('A variable does not match its type.')

function refuse(): never {
  throw REFUSED
}

/**
 * Returns a function from the variables of a request to those that the operation uses. The result equals that of
 * `getVariableValues` in graphql-js. It throws if graphql-js would report an error.
 */
export function planVariables(schema: GraphQLSchema, operation: OperationDefinitionNode): (given: Values) => Values {
  const variables = (operation.variableDefinitions ?? []).map(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode)
    if (!isInputType(type)) throw new Error('A variable must have an input type.')
    return {
      name: variable.name.value,
      isRequired: isNonNullType(type),
      hasDefault: defaultValue !== undefined,
      default: defaultValue && valueFromAST(defaultValue, type),
      coerce: coercerOf(type),
    }
  })

  return (given) => {
    const coerced: Record<string, unknown> = {}
    for (const { name, isRequired, hasDefault, default: value, coerce } of variables) {
      if (Object.hasOwn(given, name)) coerced[name] = coerce(given[name])
      else if (hasDefault) coerced[name] = value
      else if (isRequired) refuse()
    }
    return coerced
  }
}

/** `known`: input types can contain themselves. Until such a type has its coercer, another one finds it at its use. */
function coercerOf(type: GraphQLInputType, known = new Map<GraphQLInputType, Coerce>()): Coerce {
  const existing = known.get(type)
  if (existing) return existing
  known.set(type, (value) => (known.get(type) ?? refuse)(value))
  const made = makeCoercer(type, known)
  known.set(type, made)
  return made
}

function makeCoercer(type: GraphQLInputType, known: Map<GraphQLInputType, Coerce>): Coerce {
  if (isNonNullType(type)) {
    const inner = coercerOf(type.ofType, known)
    return (value) => (value == null ? refuse() : inner(value))
  }
  if (isListType(type)) {
    const item = coercerOf(type.ofType, known)
    return (value) => (value == null ? null : Array.isArray(value) ? value.map(item) : [item(value)])
  }
  if (isInputObjectType(type)) {
    if (type.isOneOf) throw new Error('Input types of which one field must be given are not supported.')
    const fields = Object.values(type.getFields()).map(({ name, type: fieldType, defaultValue }) => ({
      ...{ name, defaultValue, isRequired: isNonNullType(fieldType), coerce: coercerOf(fieldType, known) },
    }))
    return (value) => (value == null ? null : coerceObject(fields, value))
  }
  return (value) => {
    if (value == null) return null
    const parsed: unknown = type.parseValue(value)
    return parsed === undefined ? refuse() : parsed
  }
}

interface InputField {
  name: string
  defaultValue: unknown
  isRequired: boolean
  coerce: Coerce
}

function coerceObject(fields: readonly InputField[], value: unknown): Values {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse()
  const given = value as Values
  const coerced: Record<string, unknown> = {}
  let found = 0
  for (const { name, defaultValue, isRequired, coerce } of fields) {
    if (Object.hasOwn(given, name)) {
      coerced[name] = coerce(given[name])
      found += 1
    } else if (defaultValue !== undefined) coerced[name] = defaultValue
    else if (isRequired) refuse()
  }
  // A name that the type does not have.
  return found === Object.keys(given).length ? coerced : refuse()
}
