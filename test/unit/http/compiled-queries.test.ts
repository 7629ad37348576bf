import { buildSchema, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { isHot } from '../../../src/http/fast-path/compiled-queries.js'

const schema = buildSchema(`
  directive @hot on FIELD_DEFINITION | OBJECT
  enum Kind { A B }
  input Filter { kind: Kind  tags: [String] }
  type Query { hot(text: String, n: Int, x: Float, yes: Boolean, filter: Filter): Hot @hot  cold: Int }
  type Hot @hot { value: String }
`)
const reachesCompiler = (source: string) => isHot(schema, parse(source))

describe('a document reaches the compiler', () => {
  it('if every value in it is a variable', () => {
    const source = `query Q($text: String, $filter: Filter) {
      a: hot(text: $text, filter: $filter) { __typename value }
    }`
    expect(reachesCompiler(source)).toBe(true)
  })
})

describe('a document does not reach the compiler', () => {
  const literals: [kind: string, literal: string, argument: string, type: string][] = [
    ['a string', '"text"', 'text', 'String'],
    ['a block string', '"""text"""', 'text', 'String'],
    ['an integer', '1', 'n', 'Int'],
    ['a float', '1.5', 'x', 'Float'],
    ['a boolean', 'true', 'yes', 'Boolean'],
    ['null', 'null', 'text', 'String'],
    ['an object', '{}', 'filter', 'Filter'],
    ['an enum value', '{ kind: A }', 'filter', 'Filter'],
    ['a list', '{ tags: [] }', 'filter', 'Filter'],
  ]

  it.each(literals)('with %s as an argument', (_, literal, argument) => {
    expect(reachesCompiler(`{ hot(${argument}: ${literal}) { value } }`)).toBe(false)
  })

  it.each(literals)('with %s as the default of a variable', (_, literal, argument, type) => {
    const source = `query ($v: ${type} = ${literal}) { hot(${argument}: $v) { value } }`
    expect(reachesCompiler(source)).toBe(false)
  })

  it.each([
    ['a directive', 'query ($yes: Boolean!) { hot @include(if: $yes) { value } }'],
    ['a field that is not marked', '{ hot { value } cold }'],
    ['a fragment', '{ ...F } fragment F on Query { hot { value } }'],
  ])('with %s', (_, source) => {
    expect(reachesCompiler(source)).toBe(false)
  })
})
