import { expect, it } from 'vitest'
import { fieldMessage } from '../../src/input/field-message.js'

it.each([
  [['firstName'], 'First name must not be empty.'],
  [['address', 'zipCode'], 'Zip code must not be empty.'],
  [['userId'], 'User ID must not be empty.'],
  [['ids', 2], 'Ids must not be empty.'],
  [[], 'Value must not be empty.'],
])('a rule for %j becomes a sentence with the name of the field', (path, message) => {
  expect(fieldMessage(path, 'must not be empty')).toBe(message)
})

it('a rule that is a sentence already stays as it is', () => {
  expect(fieldMessage(['confirmNewPassword'], 'The new passwords do not match.')).toBe(
    'The new passwords do not match.',
  )
})
