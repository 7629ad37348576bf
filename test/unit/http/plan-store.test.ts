import { buildSchema, getOperationAST, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { rootFieldsOf } from '../../../src/http/graphql/root-fields.js'
import { createPlanStore } from '../../../src/http/known-documents/plan-store.js'

const schema = buildSchema('type Query { n: Int }')

function operation(source: string, operationName?: string) {
  const document = parse(source)
  const operation = getOperationAST(document, operationName)
  if (!operation) throw new Error('No operation.')
  return { source, operationName, document, operation, schema, rootFields: rootFieldsOf(document, operation) }
}

/** About as many fields as a document of 2 kB can have. */
const large = (n: number) => `{ ${Array.from({ length: 200 }, (_, i) => `a${i}: n`).join(' ')} } # ${n}`

describe('the store of plans', () => {
  it('finds an operation by its document and its name', () => {
    const store = createPlanStore(() => 1)
    const source = 'query A { n } query B { b: n }'
    store.add(operation(source, 'A'))
    expect(store.find(source, 'A')?.rootFields.label).toBe('n')
    for (const name of ['B', '', null, undefined]) expect(store.find(source, name)).toBeNull()
    store.add(operation('{ n }'))
    for (const name of ['', null, undefined]) expect(store.find('{ n }', name)).not.toBeNull()
  })

  it.each([
    ['longer than 2 kB', `{ n } # ${'x'.repeat(2048)}`, 1],
    ['of more than 2 kB in bytes', `{ n } # ${'ü'.repeat(1100)}`, 1],
    ['with a NUL', '{ n } # \0', 1],
    ['that costs more than 2,000', '{ n }', 2001],
    ['with a directive', '{ n @skip(if: false) }', 1],
    ['of introspection', '{ __schema { description } }', 1],
  ])('has no plan for a document %s', (_, source, cost) => {
    const store = createPlanStore(() => cost)
    store.add(operation(source))
    expect(store.find(source, null)).toBeNull()
  })

  it('keeps a plan that was used ten times, however many documents follow', () => {
    const store = createPlanStore(() => 1)
    store.add(operation('{ n }'))
    for (let use = 1; use <= 10; use++) store.find('{ n }', null)
    for (let n = 0; n < 500; n++) {
      store.add(operation(large(n)))
      store.find(large(n), null)
    }
    expect(store.find('{ n }', null)).not.toBeNull()
    expect(store.find(large(0), null)).toBeNull()
    expect(store.find(large(499), null)).not.toBeNull()
  })

  it('forgets what was used least recently if all are used', () => {
    const store = createPlanStore(() => 1)
    for (let n = 0; n < 100; n++) {
      store.add(operation(large(n)))
      for (let use = 1; use <= 10; use++) store.find(large(n), null)
    }
    expect(store.find(large(0), null)).toBeNull()
    expect(store.find(large(99), null)).not.toBeNull()
  })

  it('keeps fewer plans if their arguments are long', () => {
    const lists = buildSchema('type Query { n(ids: [ID]): Int }')
    Object.assign(lists.getQueryType()?.getFields()['n'] ?? {}, { resolve: () => 1 })
    const withList = (n: number) => `query Q${n}($v: ID) { n(ids: [${'1 '.repeat(500)}$v]) }`
    const store = createPlanStore(() => 1)
    for (let n = 0; n < 1000; n++) store.add({ ...operation(withList(n)), schema: lists })
    const kept = Array.from({ length: 1000 }, (_, n) => store.find(withList(n), null)).filter((plan) => plan !== null)
    // Each takes more than 20 kB.
    expect(kept.length).toBeLessThan(400)
    expect(kept.length).toBeGreaterThan(100)
  })
})
