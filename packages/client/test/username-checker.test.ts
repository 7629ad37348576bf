import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  createClient,
  usernameChecker,
  type Client,
  type UsernameChecker,
  type UsernameCheckerOptions,
  type UsernameState,
} from '../src/index.js'
import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'
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

const asked = () => proxy.calls.map(({ variables }) => variables['username'] as string)

it('says of a name that it is checked, and then whether it is free', async () => {
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

it('asks once for what is typed in one go', async () => {
  for (let length = 3; length <= taken.length; length++) checker.input(taken.slice(0, length))
  await reach('unavailable', taken)
  expect(asked()).toEqual([taken])
})

it("judges by itself, in the service's words, what is no name", async () => {
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
  expect(asked()).toEqual([taken])
})

it('never shows the answer to an older key stroke, though it comes last', async () => {
  // Aborting would keep it away by itself; this fetch does not listen.
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

it('aborts what is outdated', async () => {
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
  await until('it is under way', () => proxy.calls[0]?.answer)
  checker.input('')
  expect(aborted).toEqual([taken])
  slow.open()
  await client.checkUsername(taken)
  expect(states.map(({ status }) => status)).toEqual(['checking', 'idle'])
})

it('remembers an answer for a while', async () => {
  watch({ remember: 300 })
  checker.input(taken)
  const first = await reach('unavailable', taken)
  checker.input(`${taken}-`)
  checker.input(taken)
  expect(checker.state).toBe(first)
  checker.input(taken)
  expect(checker.state).toBe(first)
  expect(asked()).toEqual([taken])
  await until('it asks again', () => (checker.input(taken), asked().length === 2))
})

it('asks again about a free name after two seconds at the latest, and notices that it has gone', async () => {
  watch({ remember: 60_000 })
  const wish = unique()
  checker.input(wish)
  await reach('available', wish)
  await service.register({ username: wish })
  checker.input('')
  checker.input(wish)
  expect(checker.state.status).toBe('available')
  expect(asked()).toHaveLength(1)
  await until('it is refused', () => (checker.input(wish), checker.state.status === 'unavailable'))
  expect(asked()).toHaveLength(2)
})

it('asks again at once when told to, as after a registration that was refused', async () => {
  watch({ debounce: 60_000 })
  const wish = unique()
  checker.input(wish)
  checker.retry()
  await reach('available', wish)
  await service.register({ username: wish })
  checker.retry()
  expect(await reach('unavailable', wish)).toMatchObject({ reason: 'TAKEN' })
})

it('shows an error, does not remember it, and recovers', async () => {
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

it('has nothing to say of the name that one has, in any letter case', async () => {
  watch({ own: taken })
  checker.input(taken)
  checker.input(taken.toUpperCase())
  expect(states).toEqual([])
  checker.input(`${taken}-`)
  await reach('available', `${taken}-`)
  expect(asked()).toEqual([`${taken}-`])
})

it('is quiet after it has been closed, and begins anew with another input', async () => {
  checker.input(taken)
  checker.close()
  expect(checker.state).toEqual({ status: 'idle' })
  const free = unique()
  checker.input(free)
  await reach('available', free)
  expect(asked()).toEqual([free])
  expect(states.map(({ status }) => status)).toEqual(['checking'])
})

it('offers free names near one that is taken, of which the service says the same', async () => {
  watch({ suggestions: 5 })
  checker.input(taken)
  const { suggestions } = (await reach('unavailable', taken)) as Extract<UsernameState, { status: 'unavailable' }>
  expect(suggestions).toHaveLength(5)
  const [wish] = suggestions
  checker.input(wish!)
  await reach('available', wish!)
  await service.register({ username: wish! })
})

it('refuses what cannot be a name at once, and offers names near it a moment later', async () => {
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
  expect(asked()).toHaveLength(2)

  // Not for what is still being typed, nor for a whole text that was pasted.
  const later = `${taken}-later`
  for (const text of ['ad', 'x'.repeat(65), later]) checker.input(text)
  await reach('available', later)
  expect(asked().slice(2)).toEqual([later])
})

it('lets a refusal stand when there is nobody to offer names', async () => {
  watch({ suggestions: 3 })
  proxy.onCall = () => 'cut'
  checker.input('Ada Lovelace!')
  const { state } = checker
  await until('it has been asked', () => asked().length)
  const free = unique()
  proxy.onCall = () => undefined
  checker.input(free)
  await reach('available', free)
  expect(states[0]).toBe(state)
  expect(states.map(({ status }) => status)).toEqual(['unavailable', 'checking', 'available'])
})
