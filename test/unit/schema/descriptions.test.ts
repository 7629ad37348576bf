import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse, print, visit, type ASTNode } from 'graphql'
import { expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../../src/schema/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))

it.each(files)('%s says what it is for, and describes all that it defines', (name) => {
  const text = readFileSync(folder + name, 'utf8')
  expect(text).toMatch(/^# .+\.\n/)
  const undescribed: string[] = []
  const check = (node: ASTNode & { description?: unknown }) => {
    if (!node.description) undescribed.push(print(node))
  }
  visit(parse(text), {
    ScalarTypeDefinition: check,
    ObjectTypeDefinition: check,
    InterfaceTypeDefinition: check,
    UnionTypeDefinition: check,
    InputObjectTypeDefinition: check,
    EnumTypeDefinition: check,
    DirectiveDefinition: check,
    FieldDefinition: check,
    InputValueDefinition: check,
    EnumValueDefinition: check,
  })
  expect(undescribed).toEqual([])
})
