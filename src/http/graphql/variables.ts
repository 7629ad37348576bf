// Checks the variables of an operation without repeating what the client sent.
import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  isInputType,
} from 'graphql'
import { firstProblems } from '@postern/contract/first-problems'
import { ServiceError, type FieldProblem } from '@postern/service/errors'
import { fieldMessage } from '@postern/service/input/field-message'

/** With `types`, messages name types and their fields. Without introspection, that would be a part of it. */
export interface Detail {
  types: boolean
}

/**
 * Throws INVALID_INPUT (HTTP 400) with every invalid field, or the first 50 of them, in the schema's names only. Runs before
 * graphql-js, whose messages quote the whole value: a misspelled key would put a password into the response and the log.
 */
export function refuseBadVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  detail: Detail,
): void {
  const problems = firstProblems(problemsIn(schema, operation, variables, detail))
  if (problems.length === 0) return
  const cause = new ServiceError('INVALID_INPUT', { fields: problems })
  throw new GraphQLError(cause.message, {
    originalError: cause,
    extensions: { code: cause.code, http: { status: 400 } },
  })
}

/** What follows are generators: a list has room for thousands of problems, and nobody looks for more than are sent. */
type Problems = Generator<FieldProblem, void>

function* problemsIn(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  detail: Detail,
): Problems {
  for (const { variable, type: typeNode, defaultValue } of variableDefinitions) {
    const type = typeFromAST(schema, typeNode)
    if (!isInputType(type)) continue
    const name = variable.name.value
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined && defaultValue) continue
    // A problem of the variable as a whole has no path in the input: the variable's name is the best there is.
    for (const found of problemsOf(type, value, [], detail)) yield { ...found, path: found.path || name }
  }
}

type Path = readonly (string | number)[]

const problem = (path: Path, rule: string): FieldProblem => ({
  path: path.join('.'),
  message: fieldMessage(path, rule),
  code: 'INVALID_INPUT',
})

/** As `problem`. Without a path, an object is the input as a whole. */
const problemOfObject = (path: Path, rule: string): FieldProblem =>
  problem(path, path.length === 0 ? `The input ${rule}.` : rule)

function* problemsOf(type: GraphQLInputType, value: unknown, path: Path, detail: Detail): Problems {
  if (isNonNullType(type)) {
    if (value == null) yield problem(path, 'is required')
    else yield* problemsOf(type.ofType, value, path, detail)
  } else if (value == null) return
  else if (isListType(type)) {
    const items = Array.isArray(value) ? (value as unknown[]) : [value]
    for (const [i, item] of items.entries()) yield* problemsOf(type.ofType, item, [...path, i], detail)
  } else if (isInputObjectType(type)) yield* problemsOfObject(type, value, path, detail)
  else if (!isParsed(type, value))
    yield problem(path, detail.types ? `must be of type ${type.name}` : 'has the wrong type')
}

function isParsed(type: GraphQLLeafType, value: unknown): boolean {
  try {
    return type.parseValue(value) !== undefined
  } catch {
    return false
  }
}

function* problemsOfObject(type: GraphQLInputObjectType, value: unknown, path: Path, detail: Detail): Problems {
  if (!isRecord(value)) {
    yield problemOfObject(path, detail.types ? `must be an object of type ${type.name}` : 'must be an object')
    return
  }
  const fields = type.getFields()
  const known = detail.types ? `. The fields of ${type.name} are ${Object.keys(fields).join(', ')}` : ''
  if (Object.keys(value).some((key) => !Object.hasOwn(fields, key)))
    yield problemOfObject(path, `has an unknown field${known}`)
  for (const field of Object.values(fields)) {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
    const isDefault = given === undefined && field.defaultValue !== undefined
    if (!isDefault) yield* problemsOf(field.type, given, [...path, field.name], detail)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
