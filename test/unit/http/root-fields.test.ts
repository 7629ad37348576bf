import { type OperationDefinitionNode, parse } from 'graphql'
import { expect, it } from 'vitest'
import { rootFieldsOf } from '../../../src/http/graphql/root-fields.js'

function rootFields(source: string) {
  const document = parse(source)
  return rootFieldsOf(document, document.definitions[0] as OperationDefinitionNode)
}

it.each([
  ['one field', 'query Mine { profile { id } }', 'profile'],
  ['several fields, each once', '{ a: profile { id } sessions { id } b: profile { id } }', 'profile,sessions'],
  [
    'fields in fragments',
    '{ ...F ... { policy { usernameHold } } } fragment F on Query { me: profile { id } }',
    'profile,policy',
  ],
])('an operation is labeled with %s, in the names of the schema', (_, source, label) => {
  expect(rootFields(source).label).toBe(label)
})

it('counts a call for each alias, and one for a field that is selected twice', () => {
  const { calls } = rootFields(
    '{ profile { id } profile { email } a: profile { id } ...F } fragment F on Query { b: sessions { id } }',
  )
  expect([...calls]).toEqual([
    ['profile', 2],
    ['sessions', 1],
  ])
})

it('an error belongs to the field behind its alias, or to the only field', () => {
  const two = rootFields('{ secret: profile { id } sessions { id } }')
  expect(two.fieldAt(['secret', 'id'])).toBe('profile')
  expect(two.fieldAt(undefined)).toBe('none')
  expect(two.fieldAt(['unknown'])).toBe('none')
  expect(rootFields('{ secret: profile { id } }').fieldAt(undefined)).toBe('profile')
})
