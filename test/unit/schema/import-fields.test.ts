import { expect, it } from 'vitest'
import { readImportedUser } from '../../../src/schema/import.inputs.js'

const EMAIL = 'ada@example.com'

it.each([
  [{ disabled: { toString: 1 } }, 'disabled: must be true or false'],
  [{ marketing_opt_in: ['true'] }, 'marketing_opt_in: must be true or false'],
  [{ emailVerified: { toString: 1 } }, 'email_verified: must be true, false, or a time such as'],
  [{ disabled: 'constructor' }, 'disabled: must be true or false'],
  [{ firstName: 'Ada', first_name: 'Bob' }, 'two fields are the same: first_name'],
  [{ 'E-Mail': 'bob@example.com' }, 'two fields are the same: E-Mail'],
  [{ constructor: 1 }, 'unknown field: constructor'],
  [JSON.parse('{"__proto__":{"disabled":true}}') as object, 'unknown field: proto'],
  [{ ['x'.repeat(60_000)]: 1 }, `unknown field: ${'x'.repeat(100)}…`],
])('a line of an import is refused, whatever its JSON contains: %.60j', (fields, problem) => {
  const read = readImportedUser({ email: EMAIL, ...fields })
  expect('problem' in read && read.problem.slice(0, 200)).toContain(problem)
})

it('a flag of an import can be a truth value, a number or a text', () => {
  for (const disabled of [true, 1, '1', 'YES', 'True'])
    expect(readImportedUser({ email: EMAIL, disabled })).toMatchObject({ user: { disabled: true } })
  for (const disabled of [false, 0, '0', 'no', 'FALSE'])
    expect(readImportedUser({ email: EMAIL, disabled })).toMatchObject({ user: { disabled: false } })
})
