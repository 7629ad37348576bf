import { type FieldDefinitionNode, Kind, parse, type TypeNode, visit } from 'graphql'
import { expect, it } from 'vitest'
import { declaredListSizes } from '../../../src/schema/list-sizes.js'
import { readSchema } from '../../../src/schema/sdl.js'

/** They are part of a connection, or of an object that has few of them. */
const COUNTED_ELSEWHERE = ['edges', 'facts', 'tiers']

const fields: FieldDefinitionNode[] = []
for (const text of readSchema()) visit(parse(text), { FieldDefinition: (field) => void fields.push(field) })

const isList = (type: TypeNode): boolean => {
  if (type.kind === Kind.NON_NULL_TYPE) return isList(type.type)
  return type.kind === Kind.LIST_TYPE || type.name.value.endsWith('Connection')
}

const sizes = declaredListSizes(readSchema())

it('every list of the schema says how long it can be', () => {
  const lists = fields.filter(({ type }) => isList(type)).map(({ name }) => name.value)
  expect(new Set(lists)).toEqual(new Set([...sizes.keys(), ...COUNTED_ELSEWHERE]))
})

it('each has a name of its own, and the arguments that it names', () => {
  for (const [name, { assumed, most, by }] of sizes) {
    const named = fields.filter((field) => field.name.value === name)
    expect(named).toHaveLength(1)
    const known = named[0]!.arguments?.map((argument) => argument.name.value)
    expect(known).toEqual(expect.arrayContaining([...by]))
    expect(assumed).toBeLessThanOrEqual(most)
  }
})
