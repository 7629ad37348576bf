// Checks the variables of an operation without repeating what the client sent.
import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  isInputType,
} from 'graphql'
import { ServiceError, type FieldProblem } from '@postern/service/errors'
import { fieldMessage } from '@postern/service/input/field-message'

/** With `types`, messages name types and their fields. Without introspection, that would be a part of it. */
export interface Detail {
  types: boolean
}

/**
 * Throws INVALID_INPUT (HTTP 400) with every invalid field, in the schema's names only. Runs before graphql-js, whose
 * messages quote the whole value: a misspelled key would put a password into the response and the log.
 */
export function refuseBadVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  detail: Detail,
): void {
  const problems = (operation.variableDefinitions ?? []).flatMap(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode)
    if (!isInputType(type)) return []
    const name = variable.name.value
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined && defaultValue) return []
    // A problem of the variable as a whole has no path in the input: the variable's name is the best there is.
    return problemsOf(type, value, [], detail).map((problem) => ({ ...problem, path: problem.path || name }))
  })
  if (problems.length === 0) return
  const cause = new ServiceError('INVALID_INPUT', { fields: problems })
  throw new GraphQLError(cause.message, {
    originalError: cause,
    extensions: { code: cause.code, http: { status: 400 } },
  })
}

type Path = readonly (string | number)[]

const problem = (path: Path, rule: string): FieldProblem[] => [
  { path: path.join('.'), message: fieldMessage(path, rule), code: 'INVALID_INPUT' },
]

/** As `problem`. Without a path, an object is the input as a whole. */
const problemOfObject = (path: Path, rule: string): FieldProblem[] =>
  problem(path, path.length === 0 ? `The input ${rule}.` : rule)

function problemsOf(type: GraphQLInputType, value: unknown, path: Path, detail: Detail): FieldProblem[] {
  if (isNonNullType(type))
    return value == null ? problem(path, 'is required') : problemsOf(type.ofType, value, path, detail)
  if (value == null) return []
  if (isListType(type)) {
    const items = Array.isArray(value) ? (value as unknown[]) : [value]
    return items.flatMap((item, i) => problemsOf(type.ofType, item, [...path, i], detail))
  }
  if (isInputObjectType(type)) return problemsOfObject(type, value, path, detail)
  const mistyped = detail.types ? `must be of type ${type.name}` : 'has the wrong type'
  try {
    return type.parseValue(value) === undefined ? problem(path, mistyped) : []
  } catch {
    return problem(path, mistyped)
  }
}

function problemsOfObject(type: GraphQLInputObjectType, value: unknown, path: Path, detail: Detail): FieldProblem[] {
  if (!isRecord(value))
    return problemOfObject(path, detail.types ? `must be an object of type ${type.name}` : 'must be an object')
  const fields = type.getFields()
  const isUnknown = Object.keys(value).some((key) => !Object.hasOwn(fields, key))
  const known = detail.types ? `. The fields of ${type.name} are ${Object.keys(fields).join(', ')}` : ''
  const unknown = `has an unknown field${known}`
  return [
    ...(isUnknown ? problemOfObject(path, unknown) : []),
    ...Object.values(fields).flatMap((field) => {
      const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
      const isDefault = given === undefined && field.defaultValue !== undefined
      return isDefault ? [] : problemsOf(field.type, given, [...path, field.name], detail)
    }),
  ]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
