import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { startProxy, type Proxy } from '../../packages/client/test/support/proxy.js'
import { freePort } from './free-port.js'
import { openPage, type ObservedPage } from './browser.js'
import type { Account } from './client.js'
import { page as fromPage, signInFrom } from './cookies.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { buildNextjs, startNextjs, type NextjsApp } from './nextjs-app.js'
import { startServiceProcess, type ServiceProcess } from './process.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

const ACCESS_TOKEN_TTL = 10

/** A page that uses the client with nothing that makes Next.js render it for each request. */
const RULES = `
  import { createClient } from '@postern/client'

  export default async function Rules() {
    const client = createClient({ url: process.env['POSTERN_URL'] + '/graphql' })
    const { passwordMinLength } = await client.policy()
    return <p>At least {passwordMinLength} characters</p>
  }`

interface Setting {
  database: TestDatabase
  service: ServiceProcess
  /** In front of the service. It sees what the browser sends, through Next.js, and what the Next.js server sends. */
  proxy: Proxy
  app: NextjsApp
  browser: ObservedPage
  account: Account
}

/** Cookies of a session that another browser could have, and the headers to send them with. */
export async function otherSession({ service, app, account }: Pick<Setting, 'service' | 'app' | 'account'>) {
  const signedIn = await signInFrom(service.url, fromPage(service.url), account)
  return { ...signedIn, headers: { ...fromPage(app.url), cookie: signedIn.cookie } }
}

/** The built example of Next.js, in front of a service, with a browser. The tests of a file share it. */
export function useNextjs(): Readonly<Setting & { older: Awaited<ReturnType<typeof otherSession>> }> {
  let database: TestDatabase
  const setting = {} as Setting & { older: Awaited<ReturnType<typeof otherSession>> }

  beforeAll(async () => {
    const [port, created] = await Promise.all([freePort(), createTestDatabase()])
    database = created
    const service = await startServiceProcess({
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      ALLOWED_ORIGINS: `http://127.0.0.1:${port}`,
      ACCESS_TOKEN_TTL: String(ACCESS_TOKEN_TTL),
      CLOCK_SKEW: '0',
    })
    const link = `<a href="http://127.0.0.1:${port}/account">Your account</a>`
    const proxy = await startProxy(service.url, { '/link': { type: 'text/html', body: link } })
    const built = await buildNextjs({ POSTERN_URL: proxy.origin }, { 'app/rules/page.tsx': RULES })
    const app = await startNextjs(built, port, {
      POSTERN_URL: proxy.origin,
      REDIS_URL: testRedisUrl(),
      JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET,
    })
    const [browser, account] = [await openPage(), await service.register()]
    // A session whose access token will have expired by the time a test needs it.
    const older = await otherSession({ service, app, account })
    Object.assign(setting, { database, service, proxy, app, browser, account, older })
  })
  afterAll(async () => {
    const { service, proxy, app, browser } = setting
    await browser.close()
    const { code, output } = await app.stop()
    // Before anything is expected: what a failed test left running would publish revocations to the files after it.
    await proxy.close()
    service.kill('SIGTERM')
    await service.finished
    await database.drop()
    // A refused GraphQL or API call is not an error of the page. Errors while hydrating would be.
    expect(browser.complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([])
    // Next.js finishes open requests, then ends with 128 + the number of SIGTERM.
    expect([code, output]).toEqual([143, expect.not.stringMatching(/error/i)])
  })
  beforeEach(async () => {
    await setting.browser.page.context().clearCookies()
    await setting.browser.page.goto('about:blank')
  })
  return setting
}
