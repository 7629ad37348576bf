import { expect, it } from 'vitest'
import { canonicalUsername, USERNAME_PROBLEM_MESSAGES, usernameProblem } from '../src/usernames.js'

it.each(['ada', 'Ada_Lovelace-1815', 'a'.repeat(30)])('accepts %s', (username) => {
  expect(usernameProblem(username)).toBeNull()
})

it.each([
  ['', 'TOO_SHORT'],
  ['ab', 'TOO_SHORT'],
  ['🦊🦊', 'TOO_SHORT'],
  ['a'.repeat(31), 'TOO_LONG'],
  ['🦊'.repeat(31), 'TOO_LONG'],
  ['🦊'.repeat(30), 'INVALID_CHARACTERS'],
  [' ada', 'INVALID_CHARACTERS'],
  ['ada\n', 'INVALID_CHARACTERS'],
  ['adá', 'INVALID_CHARACTERS'],
] as const)('refuses %j as %s', (username, problem) => {
  expect(usernameProblem(username)).toBe(problem)
  expect(USERNAME_PROBLEM_MESSAGES[problem]).toMatch(/^Username (must|can) /)
})

it('compares usernames in lower case', () => {
  expect(canonicalUsername('Ada_L')).toBe('ada_l')
})
