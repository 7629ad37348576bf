// Writes a call of any operation of the schema, with arguments of the right types that name nothing.
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  getNamedType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { readSchema } from '../../src/schema/sdl.js'

const SCALARS: Record<string, string> = {
  ...{ ID: '"01900000-0000-7000-8000-000000000000"', String: '"nothing"', Int: '1', Float: '1', Boolean: 'true' },
  DateTime: '"2026-01-01T00:00:00.000Z"',
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType)
  if (isListType(type)) return `[${literal(type.ofType)}]`
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (!isInputObjectType(type)) return SCALARS[type.name]!
  const fields = Object.values(type.getFields()).filter(isRequiredInputField)
  return `{ ${fields.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`
}

function callOf({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map((argument) => `${argument.name}: ${literal(argument.type)}`)
  const selection = isCompositeType(getNamedType(type)) ? ' { __typename }' : ''
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection}`
}

/** The mutations that are for administrators, as their descriptions say, each with a document that calls it. */
export const administratorsMutations = (): { name: string; query: string }[] =>
  Object.values(buildSchema(readSchema().join('\n')).getMutationType()!.getFields())
    .filter(({ description }) => description?.replaceAll(/\s+/g, ' ').includes('For administrators.'))
    .map((field) => ({ name: field.name, query: `mutation { ${callOf(field)} }` }))
