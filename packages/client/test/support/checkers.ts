import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { startService, type Service } from '../../../../test/support/service.js'
import { until } from '../../../../test/support/wait.js'
import {
  createClient,
  usernameChecker,
  type Client,
  type UsernameChecker,
  type UsernameCheckerOptions,
  type UsernameState,
} from '../../src/index.js'
import { startProxy, type Proxy } from './proxy.js'

interface CheckerTest {
  service: Service
  proxy: Proxy
  client: Client
  /** A username that is taken. */
  taken: string
  checker: UsernameChecker
  /** The states of the checker since the last {@link watch}. */
  states: UsernameState[]
}

/** A checker for each test, behind a proxy. */
export function eachWithAChecker() {
  const test = {} as CheckerTest

  function watch(options: UsernameCheckerOptions = {}, over: Pick<Client, 'checkUsername'> = test.client): void {
    const states: UsernameState[] = []
    test.checker = usernameChecker(over, { debounce: 20, suggestions: 0, ...options })
    test.states = states
    test.checker.subscribe((state) => states.push(state))
  }

  beforeAll(async () => {
    test.service = await startService()
    test.taken = (await test.service.register()).username
  })
  afterAll(() => test.service.stop())
  beforeEach(async () => {
    test.proxy = await startProxy(test.service.url)
    test.client = createClient({ url: test.proxy.url })
    watch()
  })
  afterEach(async () => {
    test.checker.close()
    await test.proxy.close()
  })

  return {
    test,
    /** Starts over with another checker. */
    watch,
    reach: (status: UsernameState['status'], username: string) =>
      until(`${username} is ${status}`, () => {
        const { state } = test.checker
        return state.status === status && 'username' in state && state.username === username && state
      }),
    checked: () => test.proxy.calls.map(({ variables }) => variables['username'] as string),
  }
}
