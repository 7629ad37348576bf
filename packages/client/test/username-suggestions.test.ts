import { expect, it } from 'vitest'
import type { UsernameState } from '../src/index.js'
import { unique } from '../../../test/support/client.js'
import { until } from '../../../test/support/wait.js'
import { eachWithAChecker } from './support/checkers.js'

const { test, watch, reach, checked } = eachWithAChecker()

it('offers available names similar to a taken one', async () => {
  watch({ suggestions: 5 })
  test.checker.input(test.taken)
  const { suggestions } = (await reach('unavailable', test.taken)) as Extract<UsernameState, { status: 'unavailable' }>
  expect(suggestions).toHaveLength(5)
  const [wanted] = suggestions
  test.checker.input(wanted!)
  await reach('available', wanted!)
  await test.service.register({ username: wanted! })
})

it('refuses an invalid username at once, and offers similar names a moment later', async () => {
  watch({ suggestions: 3 })
  for (const [text, reason] of [
    ['Ada Lovelace!', 'INVALID_CHARACTERS'],
    ['ada-lovelace-who-wrote-the-first-program', 'TOO_LONG'],
  ] as const) {
    test.checker.input(text)
    expect(test.checker.state).toMatchObject({ status: 'unavailable', reason, suggestions: [] })
    const { message } = test.checker.state as Extract<UsernameState, { status: 'unavailable' }>
    await until(
      'there are suggestions',
      () => 'suggestions' in test.checker.state && test.checker.state.suggestions.length === 3,
    )
    expect(test.checker.state).toMatchObject({ status: 'unavailable', reason, message })
  }
  expect(checked()).toHaveLength(2)

  // But not for a username that is still being typed, nor for a long text that was pasted.
  const later = `${test.taken}-later`
  for (const text of ['ad', 'x'.repeat(65), later]) test.checker.input(text)
  await reach('available', later)
  expect(checked().slice(2)).toEqual([later])
})

it('keeps the refusal when the suggestions fail', async () => {
  watch({ suggestions: 3 })
  test.proxy.onCall = () => 'cut'
  test.checker.input('Ada Lovelace!')
  const { state } = test.checker
  await until('it has been sent', () => checked().length)
  const free = unique()
  test.proxy.onCall = () => undefined
  test.checker.input(free)
  await reach('available', free)
  expect(test.states[0]).toBe(state)
  expect(test.states.map(({ status }) => status)).toEqual(['unavailable', 'checking', 'available'])
})
