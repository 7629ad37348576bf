import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  createClient,
  usernameChecker,
  type Client,
  type UsernameChecker,
  type UsernameCheckerOptions,
  type UsernameState,
} from '../src/index.js'
import { unique } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { createDoor, startProxy, type Proxy } from './support/proxy.js'

let service: Service
let proxy: Proxy
let client: Client
let taken: string
let checker: UsernameChecker
let states: UsernameState[]

beforeAll(async () => {
  service = await startService()
  taken = (await service.register()).username
})
afterAll(() => service.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
  watch()
})
afterEach(async () => {
  checker.close()
  await proxy.close()
})

function watch(options: UsernameCheckerOptions = {}, over: Pick<Client, 'checkUsername'> = client): void {
  checker = usernameChecker(over, { debounce: 20, suggestions: 0, ...options })
  states = []
  checker.subscribe((state) => states.push(state))
}

const reach = (status: UsernameState['status'], username: string) =>
  until(`${username} is ${status}`, () => {
    const { state } = checker
    return state.status === status && 'username' in state && state.username === username && state
  })

const checked = () => proxy.calls.map(({ variables }) => variables['username'] as string)

it('checks no text that an input method is still composing', async () => {
  const free = unique()
  checker.input(taken)
  await reach('unavailable', taken)
  checker.input(free.slice(0, 4), { isComposing: true })
  expect(checker.state).toEqual({ status: 'idle' })
  checker.input('ab', { isComposing: true })
  expect(checker.state).toEqual({ status: 'idle' })
  checker.input('ab', { isComposing: false })
  expect(checker.state).toMatchObject({ status: 'unavailable', username: 'ab', reason: 'TOO_SHORT' })
  checker.input(taken, { isComposing: true })
  checker.input(taken)
  expect(checker.state).toMatchObject({ status: 'unavailable', username: taken })
  checker.input(free)
  checker.input(free, { isComposing: true })
  checker.input(free)
  await reach('available', free)
  expect(checked()).toEqual([taken, free])
})

it('shows that a username is being checked, and then whether it is available', async () => {
  const free = unique()
  expect(checker.state).toEqual({ status: 'idle' })
  checker.input(free)
  expect(checker.state).toEqual({ status: 'checking', username: free })
  expect(await reach('available', free)).toMatchObject({ message: expect.stringMatching(/available/) })
  checker.input(taken)
  expect(await reach('unavailable', taken)).toMatchObject({ reason: 'TAKEN', suggestions: [] })
  checker.input('')
  expect(checker.state).toEqual({ status: 'idle' })
  expect(states.map(({ status }) => status)).toEqual(['checking', 'available', 'checking', 'unavailable', 'idle'])
})

it('sends one request for what is typed without a pause', async () => {
  for (let length = 3; length <= taken.length; length++) checker.input(taken.slice(0, length))
  await reach('unavailable', taken)
  expect(checked()).toEqual([taken])
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
    checker.input(text)
    const message = USERNAME_PROBLEM_MESSAGES[reason]
    expect(checker.state).toEqual({ status: 'unavailable', username: text, reason, message, suggestions: [] })
    expect(await client.checkUsername(text)).toMatchObject({ available: false, reason, message })
  }
  proxy.calls.length = 0
  checker.input('ab')
  const { state } = checker
  checker.input('ab')
  expect(checker.state).toBe(state)
  checker.input(taken)
  await reach('unavailable', taken)
  expect(checked()).toEqual([taken])
})

it('never shows the answer to an older keystroke, even if it arrives last', async () => {
  // Aborting alone would prevent it; this fetch ignores its signal.
  const deaf = createClient({ url: proxy.url, fetch: (url, init) => fetch(url, { ...init, signal: null }) })
  watch({}, deaf)
  const [slow, free] = [createDoor(), unique()]
  proxy.onAnswer = ({ variables }) => (variables['username'] === taken ? slow.opened : undefined)
  checker.input(taken)
  await until('the first is answered', () => proxy.calls[0]?.answer)
  checker.input(free)
  await reach('available', free)
  slow.open()
  await deaf.checkUsername(taken)
  expect(states.map(({ status }) => status)).toEqual(['checking', 'checking', 'available'])
  expect(checker.state).toMatchObject({ username: free })
})

it('aborts an outdated check', async () => {
  const slow = createDoor()
  const aborted: string[] = []
  const listening: Pick<Client, 'checkUsername'> = {
    checkUsername: (username, options) => {
      options?.signal?.addEventListener('abort', () => aborted.push(username))
      return client.checkUsername(username, options)
    },
  }
  watch({}, listening)
  proxy.onAnswer = () => slow.opened
  checker.input(taken)
  await until('it is running', () => proxy.calls[0]?.answer)
  checker.input('')
  expect(aborted).toEqual([taken])
  slow.open()
  await client.checkUsername(taken)
  expect(states.map(({ status }) => status)).toEqual(['checking', 'idle'])
})

it('reuses an answer for a while', async () => {
  watch({ remember: 300 })
  checker.input(taken)
  const first = await reach('unavailable', taken)
  checker.input(`${taken}-`)
  checker.input(taken)
  expect(checker.state).toBe(first)
  checker.input(taken)
  expect(checker.state).toBe(first)
  expect(checked()).toEqual([taken])
  await until('it checks again', () => (checker.input(taken), checked().length === 2))
})

it('checks an available username again after two seconds at most, and notices that it is taken', async () => {
  watch({ remember: 60_000 })
  const wanted = unique()
  checker.input(wanted)
  await reach('available', wanted)
  await service.register({ username: wanted })
  checker.input('')
  checker.input(wanted)
  expect(checker.state.status).toBe('available')
  expect(checked()).toHaveLength(1)
  await until('it is refused', () => (checker.input(wanted), checker.state.status === 'unavailable'))
  expect(checked()).toHaveLength(2)
})

it('checks again at once on retry, such as after a refused registration', async () => {
  watch({ debounce: 60_000 })
  const wanted = unique()
  checker.input(wanted)
  checker.retry()
  await reach('available', wanted)
  await service.register({ username: wanted })
  checker.retry()
  expect(await reach('unavailable', wanted)).toMatchObject({ reason: 'TAKEN' })
})

it('shows an error, does not reuse it, and recovers', async () => {
  proxy.onCall = () => ({ status: 503, headers: { 'retry-after': '2' } })
  checker.input(taken)
  expect(await reach('error', taken)).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE', retryAfter: 2 } })
  proxy.onCall = () => undefined
  checker.retry()
  expect(checker.state).toEqual({ status: 'checking', username: taken })
  await reach('unavailable', taken)

  proxy.onCall = () => 'cut'
  checker.input(`${taken}2`)
  expect(await reach('error', `${taken}2`)).toMatchObject({ error: { code: 'NETWORK_ERROR' } })
  proxy.onCall = () => undefined
  checker.input(`${taken}2`)
  await reach('available', `${taken}2`)
})

it("does not check the user's own username, in any letter case", async () => {
  watch({ own: taken })
  checker.input(taken)
  checker.input(taken.toUpperCase())
  expect(states).toEqual([])
  checker.input(`${taken}-`)
  await reach('available', `${taken}-`)
  expect(checked()).toEqual([`${taken}-`])
})

it('is silent after close, and starts over with the next input', async () => {
  checker.input(taken)
  checker.close()
  expect(checker.state).toEqual({ status: 'idle' })
  const free = unique()
  checker.input(free)
  await reach('available', free)
  expect(checked()).toEqual([free])
  expect(states.map(({ status }) => status)).toEqual(['checking'])
})

it('offers available names similar to a taken one', async () => {
  watch({ suggestions: 5 })
  checker.input(taken)
  const { suggestions } = (await reach('unavailable', taken)) as Extract<UsernameState, { status: 'unavailable' }>
  expect(suggestions).toHaveLength(5)
  const [wanted] = suggestions
  checker.input(wanted!)
  await reach('available', wanted!)
  await service.register({ username: wanted! })
})

it('refuses an invalid username at once, and offers similar names a moment later', async () => {
  watch({ suggestions: 3 })
  for (const [text, reason] of [
    ['Ada Lovelace!', 'INVALID_CHARACTERS'],
    ['ada-lovelace-who-wrote-the-first-program', 'TOO_LONG'],
  ] as const) {
    checker.input(text)
    expect(checker.state).toMatchObject({ status: 'unavailable', reason, suggestions: [] })
    const { message } = checker.state as Extract<UsernameState, { status: 'unavailable' }>
    await until('there are suggestions', () => 'suggestions' in checker.state && checker.state.suggestions.length === 3)
    expect(checker.state).toMatchObject({ status: 'unavailable', reason, message })
  }
  expect(checked()).toHaveLength(2)

  // But not for a username that is still being typed, nor for a long text that was pasted.
  const later = `${taken}-later`
  for (const text of ['ad', 'x'.repeat(65), later]) checker.input(text)
  await reach('available', later)
  expect(checked().slice(2)).toEqual([later])
})

it('keeps the refusal when the suggestions fail', async () => {
  watch({ suggestions: 3 })
  proxy.onCall = () => 'cut'
  checker.input('Ada Lovelace!')
  const { state } = checker
  await until('it has been sent', () => checked().length)
  const free = unique()
  proxy.onCall = () => undefined
  checker.input(free)
  await reach('available', free)
  expect(states[0]).toBe(state)
  expect(states.map(({ status }) => status)).toEqual(['unavailable', 'checking', 'available'])
})
