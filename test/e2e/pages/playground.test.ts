import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openPage, type ObservedPage } from '../../support/browser.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { createGraphiQL } from '../../support/graphiql.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

/** An element, as far as it is used here. */
interface Measured {
  getBoundingClientRect: () => { right: number }
}

let database: TestDatabase
let service: ServiceProcess
let observed: ObservedPage

beforeAll(async () => {
  database = await createTestDatabase()
  service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), PLAYGROUND: 'true' })
})
afterAll(async () => {
  service.kill('SIGTERM')
  await service.finished
  await database.drop()
})
beforeEach(async () => {
  observed = await openPage()
})
afterEach(async () => {
  const { requested, complaints } = observed
  await observed.close()
  expect(complaints).toEqual([])
  expect(requested.length).toBeGreaterThan(0)
  expect(requested.filter((url) => !url.startsWith(`${service.url}/`) && !url.startsWith('data:'))).toEqual([])
})

describe('the playground', () => {
  it('answers a query typed into it', async () => {
    const graphiql = createGraphiQL(observed.page)
    await graphiql.open(service.url)
    await graphiql.type('Operation', '{ checkUsernameAvailability(username: "ab") { available reason } }')
    const answer = await graphiql.run()
    expect(answer).toEqual({ data: { checkUsernameAvailability: { available: false, reason: 'TOO_SHORT' } } })
    await graphiql.sees('"TOO_SHORT"')
  })

  it('shows the comments of its example in full at 1,100 pixels', async () => {
    const { page } = observed
    await page.setViewportSize({ width: 1100, height: 800 })
    await createGraphiQL(page).open(service.url)
    const editor = page.locator('.graphiql-query-editor .monaco-editor').first()
    const comments = editor.locator('.view-line > span').filter({ hasText: /^#/ })
    await comments.first().waitFor()
    const { x, width } = (await editor.boundingBox())!
    // In one step, because the editor replaces its lines while it colors them.
    const ends = await comments.evaluateAll((lines) =>
      (lines as unknown as Measured[]).map((line) => line.getBoundingClientRect().right),
    )
    expect(ends.length).toBeGreaterThan(0)
    expect(Math.max(...ends)).toBeLessThan(x + width)
  })

  it('registers, logs in, and shows the profile with the token as a header', async () => {
    const graphiql = createGraphiQL(observed.page)
    const email = 'grace@example.com'
    const password = 'eleven patient lighthouses'
    await graphiql.open(service.url)
    await graphiql.paste(
      'Variables',
      JSON.stringify({ register: { email, password, username: 'grace' }, login: { email, password } }),
    )

    const registered = await graphiql.run('Register')
    expect(registered.data).toMatchObject({ register: { user: { email, username: 'grace' } } })
    await graphiql.sees('"grace"')

    const { data } = (await graphiql.run('Login')) as { data: { login: { token: string } } }
    await graphiql.sees('"expiresAt"')

    await graphiql.paste('Headers', JSON.stringify({ Authorization: `Bearer ${data.login.token}` }))
    const profile = await graphiql.run('Profile')
    expect(profile).toMatchObject({ data: { profile: { email, username: 'grace' } } })
    await graphiql.sees('"role"')

    // Its events come over a connection of its own, with the same header.
    await graphiql.paste('Operation', 'subscription { sessionRevoked { reason current } }')
    const opened = observed.page.waitForResponse((response) => response.url().endsWith('/graphql/stream'))
    await graphiql.play()
    expect((await opened).status()).toBe(200)
    const other = await service.login({ email, password })
    await until('an event has arrived', async () => {
      await service.succeed('mutation { logout }', {}, (await service.login({ email, password })).token)
      return graphiql.shows('"LOGOUT"')
    })
    await service.succeed('mutation { logoutAll }', {}, other.token)
    // The last result says why there are no more.
    await graphiql.sees('"SESSION_ENDED"')

    const kept = await observed.page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))
    expect(kept).not.toContain(password)
    expect(kept).not.toContain(data.login.token)
    expect(await observed.page.context().cookies()).toEqual([])
  })
})
