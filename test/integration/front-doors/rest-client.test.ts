import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient as generateClient } from '@hey-api/openapi-ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openPage } from '../../support/browser.js'
import { unique } from '../../support/client.js'
import { startFrontDoors, type FrontDoors } from '../../support/front-doors.js'

let front: FrontDoors
let url: string

beforeAll(async () => {
  front = await startFrontDoors()
  ;({ url } = front.gateway)
})
afterAll(() => front.stop())

it('a client that a public generator makes signs up, signs in, changes the profile, and signs out', async () => {
  // It knows no tokens that are bound to a key, and says so for each operation.
  vi.spyOn(console, 'warn').mockReturnValue()
  const path = mkdtempSync(join(tmpdir(), 'postern-rest-client-'))
  try {
    const plugins = ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'] as const
    await generateClient({
      input: `${url}/openapi.json`,
      output: path,
      plugins: [...plugins],
      logs: { level: 'silent' },
    })
    const sdk = (await import(pathToFileURL(join(path, 'sdk.gen.ts')).href)) as Record<string, Call>
    const call = async (name: string, options: object = {}) => {
      const { data, error } = await sdk[name]!({ baseUrl: url, ...options })
      return error ?? data
    }

    const username = unique()
    const person = { email: `${username}@example.com`, username, password: 'correct horse' }
    const available = await call('checkUsernameAvailability', { path: { username } })
    expect(available).toMatchObject({ available: true })
    expect(await call('register', { body: person })).toMatchObject({ user: { email: person.email } })
    expect(await call('register', { body: person })).toMatchObject({ code: 'EMAIL_EXISTS', status: 409 })
    const { token } = await call('login', { body: { email: person.email, password: person.password } })
    expect(await call('getUserProfile', { auth: token })).toMatchObject({ user: { username } })
    expect(await call('updateUserProfile', { auth: token, body: { firstName: 'Ada', username: null } })).toMatchObject({
      user: { firstName: 'Ada' },
    })
    const { user } = await call('getUserProfile', { auth: token })
    expect(user).not.toHaveProperty('username')
    expect(await call('logout', { auth: token })).toEqual({})
    expect(await call('getUserProfile', { auth: token })).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 })
    // Its types know the codes of each operation.
    expect(readFileSync(join(path, 'types.gen.ts'), 'utf8')).toContain("'EMAIL_EXISTS' | 'USERNAME_TAKEN'")
  } finally {
    vi.restoreAllMocks()
    rmSync(path, { recursive: true })
  }
})

type Call = (options: object) => Promise<{ data?: any; error?: any }>

it('the documentation page signs in and reads the profile, without requests to other origins and with a strict policy', async () => {
  const { email, password } = await front.service.register()
  const observed = await openPage()
  const { page } = observed
  await page.goto(`${url}/docs`)

  /** Opens an operation, sends it, and returns the body of the response. */
  async function send(operationId: string, body?: object) {
    const operation = page.locator(`[id$="-${operationId}"]`)
    await operation.locator('.opblock-summary-control').click()
    if (body) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body))
    await operation.locator('button.execute').click()
    return JSON.parse(
      await operation.locator('.live-responses-table .response-col_description pre').first().innerText(),
    )
  }
  expect(await send('login', { email, password })).toMatchObject({ tokenType: 'Bearer', user: { email } })
  expect(await send('getUserProfile')).toMatchObject({ user: { email } })

  await observed.close()
  expect(observed.complaints).toEqual([])
  expect(
    observed.requested.filter((address) => !address.startsWith(`${url}/`) && !address.startsWith('data:')),
  ).toEqual([])
})
