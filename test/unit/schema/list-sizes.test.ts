import { type FieldDefinitionNode, Kind, parse, print, type TypeNode, visit } from 'graphql'
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

it('those of the same name have the same size, and the arguments that it names', () => {
  for (const [name, { assumed, most, by }] of sizes) {
    const named = fields.filter((field) => field.name.value === name)
    const declared = named.map(({ directives }) => directives?.find((one) => one.name.value === 'listSize'))
    expect(new Set(declared.map((directive) => directive && print(directive))).size).toBe(1)
    for (const field of named)
      expect(field.arguments?.map((argument) => argument.name.value)).toEqual(expect.arrayContaining([...by]))
    expect(assumed).toBeLessThanOrEqual(most)
  }
})
