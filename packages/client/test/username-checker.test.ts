import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'
import { expect, it } from 'vitest'
import { createClient, type Client } from '../src/index.js'
import { unique } from '../../../test/support/client.js'
import { until } from '../../../test/support/wait.js'
import { eachWithAChecker } from './support/checkers.js'
import { createDoor } from './support/proxy.js'

const { test, watch, reach, checked } = eachWithAChecker()

it('checks no text that an input method is still composing', async () => {
  const free = unique()
  test.checker.input(test.taken)
  await reach('unavailable', test.taken)
  test.checker.input(free.slice(0, 4), { isComposing: true })
  expect(test.checker.state).toEqual({ status: 'idle' })
  test.checker.input('ab', { isComposing: true })
  expect(test.checker.state).toEqual({ status: 'idle' })
  test.checker.input('ab', { isComposing: false })
  expect(test.checker.state).toMatchObject({ status: 'unavailable', username: 'ab', reason: 'TOO_SHORT' })
  test.checker.input(test.taken, { isComposing: true })
  test.checker.input(test.taken)
  expect(test.checker.state).toMatchObject({ status: 'unavailable', username: test.taken })
  test.checker.input(free)
  test.checker.input(free, { isComposing: true })
  test.checker.input(free)
  await reach('available', free)
  expect(checked()).toEqual([test.taken, free])
})

it('shows that a username is being checked, and then whether it is available', async () => {
  const free = unique()
  expect(test.checker.state).toEqual({ status: 'idle' })
  test.checker.input(free)
  expect(test.checker.state).toEqual({ status: 'checking', username: free })
  expect(await reach('available', free)).toMatchObject({ message: expect.stringMatching(/available/) })
  test.checker.input(test.taken)
  expect(await reach('unavailable', test.taken)).toMatchObject({ reason: 'TAKEN', suggestions: [] })
  test.checker.input('')
  expect(test.checker.state).toEqual({ status: 'idle' })
  expect(test.states.map(({ status }) => status)).toEqual(['checking', 'available', 'checking', 'unavailable', 'idle'])
})

it('sends one request for what is typed without a pause', async () => {
  for (let length = 3; length <= test.taken.length; length++) test.checker.input(test.taken.slice(0, length))
  await reach('unavailable', test.taken)
  expect(checked()).toEqual([test.taken])
})

it("refuses invalid usernames without a request, with the service's messages", async () => {
  const texts = [
    'a',
    'ab',
    'a b c',
    'ö',
    'äöü',
    '💚💚',
    '💚💚💚',
    'a'.repeat(31),
    '💚'.repeat(30),
    '💚'.repeat(31),
    ' ada',
  ]
  for (const text of texts) {
    const reason = usernameProblem(text)!
    test.checker.input(text)
    const message = USERNAME_PROBLEM_MESSAGES[reason]
    expect(test.checker.state).toEqual({ status: 'unavailable', username: text, reason, message, suggestions: [] })
    expect(await test.client.checkUsername(text)).toMatchObject({ available: false, reason, message })
  }
  test.proxy.calls.length = 0
  test.checker.input('ab')
  const { state } = test.checker
  test.checker.input('ab')
  expect(test.checker.state).toBe(state)
  test.checker.input(test.taken)
  await reach('unavailable', test.taken)
  expect(checked()).toEqual([test.taken])
})

it('never shows the answer to an older keystroke, even if it arrives last', async () => {
  // Aborting alone would prevent it; this fetch ignores its signal.
  const deaf = createClient({ url: test.proxy.url, fetch: (url, init) => fetch(url, { ...init, signal: null }) })
  watch({}, deaf)
  const [slow, free] = [createDoor(), unique()]
  test.proxy.onAnswer = ({ variables }) => (variables['username'] === test.taken ? slow.opened : undefined)
  test.checker.input(test.taken)
  await until('the first is answered', () => test.proxy.calls[0]?.answer)
  test.checker.input(free)
  await reach('available', free)
  slow.open()
  await deaf.checkUsername(test.taken)
  expect(test.states.map(({ status }) => status)).toEqual(['checking', 'checking', 'available'])
  expect(test.checker.state).toMatchObject({ username: free })
})

it('aborts an outdated check', async () => {
  const slow = createDoor()
  const aborted: string[] = []
  const listening: Pick<Client, 'checkUsername'> = {
    checkUsername: (username, options) => {
      options?.signal?.addEventListener('abort', () => aborted.push(username))
      return test.client.checkUsername(username, options)
    },
  }
  watch({}, listening)
  test.proxy.onAnswer = () => slow.opened
  test.checker.input(test.taken)
  await until('it is running', () => test.proxy.calls[0]?.answer)
  test.checker.input('')
  expect(aborted).toEqual([test.taken])
  slow.open()
  await test.client.checkUsername(test.taken)
  expect(test.states.map(({ status }) => status)).toEqual(['checking', 'idle'])
})

it('reuses an answer for a while', async () => {
  watch({ remember: 300 })
  test.checker.input(test.taken)
  const first = await reach('unavailable', test.taken)
  test.checker.input(`${test.taken}-`)
  test.checker.input(test.taken)
  expect(test.checker.state).toBe(first)
  test.checker.input(test.taken)
  expect(test.checker.state).toBe(first)
  expect(checked()).toEqual([test.taken])
  await until('it checks again', () => (test.checker.input(test.taken), checked().length === 2))
})

it('checks an available username again after two seconds at most, and notices that it is taken', async () => {
  watch({ remember: 60_000 })
  const wanted = unique()
  test.checker.input(wanted)
  await reach('available', wanted)
  await test.service.register({ username: wanted })
  test.checker.input('')
  test.checker.input(wanted)
  expect(test.checker.state.status).toBe('available')
  expect(checked()).toHaveLength(1)
  await until('it is refused', () => (test.checker.input(wanted), test.checker.state.status === 'unavailable'))
  expect(checked()).toHaveLength(2)
})

it('checks again at once on retry, such as after a refused registration', async () => {
  watch({ debounce: 60_000 })
  const wanted = unique()
  test.checker.input(wanted)
  test.checker.retry()
  await reach('available', wanted)
  await test.service.register({ username: wanted })
  test.checker.retry()
  expect(await reach('unavailable', wanted)).toMatchObject({ reason: 'TAKEN' })
})

it('shows an error, does not reuse it, and recovers', async () => {
  test.proxy.onCall = () => ({ status: 503, headers: { 'retry-after': '2' } })
  test.checker.input(test.taken)
  expect(await reach('error', test.taken)).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE', retryAfter: 2 } })
  test.proxy.onCall = () => undefined
  test.checker.retry()
  expect(test.checker.state).toEqual({ status: 'checking', username: test.taken })
  await reach('unavailable', test.taken)

  test.proxy.onCall = () => 'cut'
  test.checker.input(`${test.taken}2`)
  expect(await reach('error', `${test.taken}2`)).toMatchObject({ error: { code: 'NETWORK_ERROR' } })
  test.proxy.onCall = () => undefined
  test.checker.input(`${test.taken}2`)
  await reach('available', `${test.taken}2`)
})

it("does not check the user's own username, in any letter case", async () => {
  watch({ own: test.taken })
  test.checker.input(test.taken)
  test.checker.input(test.taken.toUpperCase())
  expect(test.states).toEqual([])
  test.checker.input(`${test.taken}-`)
  await reach('available', `${test.taken}-`)
  expect(checked()).toEqual([`${test.taken}-`])
})

it('is silent after close, and starts over with the next input', async () => {
  test.checker.input(test.taken)
  test.checker.close()
  expect(test.checker.state).toEqual({ status: 'idle' })
  const free = unique()
  test.checker.input(free)
  await reach('available', free)
  expect(checked()).toEqual([free])
  expect(test.states.map(({ status }) => status)).toEqual(['checking'])
})
