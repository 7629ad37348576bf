import {
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  isInputType,
} from 'graphql'
import { AuthError, type FieldProblem } from '../../platform/errors.js'

/**
 * Checks the variables of an operation before graphql-js does: its own messages quote the whole value, so a misspelt
 * key would put a password into the answer and the log. Throws INVALID_INPUT (HTTP 400) naming each wrong place, by the
 * schema's names only.
 */
export function refuseBadVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  const problems = (operation.variableDefinitions ?? []).flatMap(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode)
    if (!isInputType(type)) return []
    const name = variable.name.value
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined && defaultValue) return []
    return problemsOf(type, value, []).map((problem) => ({ ...problem, path: problem.path || name }))
  })
  if (problems.length === 0) return
  const cause = new AuthError('INVALID_INPUT', { fields: problems })
  throw new GraphQLError(cause.message, {
    originalError: cause,
    extensions: { code: cause.code, http: { status: 400 } },
  })
}

const at = (path: readonly (string | number)[], message: string): FieldProblem[] => [
  { path: path.join('.'), message, code: 'INVALID_INPUT' },
]

function problemsOf(type: GraphQLInputType, value: unknown, path: readonly (string | number)[]): FieldProblem[] {
  if (isNonNullType(type)) return value == null ? at(path, 'is required') : problemsOf(type.ofType, value, path)
  if (value == null) return []
  if (isListType(type)) {
    const items = Array.isArray(value) ? (value as unknown[]) : [value]
    return items.flatMap((item, i) => problemsOf(type.ofType, item, [...path, i]))
  }
  if (isInputObjectType(type)) {
    if (typeof value !== 'object' || Array.isArray(value)) return at(path, `must be an object of type ${type.name}`)
    const fields = type.getFields()
    const unknown = Object.keys(value).some((key) => !Object.hasOwn(fields, key))
    return [
      ...(unknown ? at(path, `has an unknown field; ${type.name} knows ${Object.keys(fields).join(', ')}`) : []),
      ...Object.values(fields).flatMap((field) => {
        const given: unknown = Object.hasOwn(value, field.name)
          ? (value as Record<string, unknown>)[field.name]
          : undefined
        const defaulted = given === undefined && field.defaultValue !== undefined
        return defaulted ? [] : problemsOf(field.type, given, [...path, field.name])
      }),
    ]
  }
  try {
    return type.parseValue(value) === undefined ? at(path, `must be of type ${type.name}`) : []
  } catch {
    return at(path, `must be of type ${type.name}`)
  }
}
