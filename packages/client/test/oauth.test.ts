import { afterAll, beforeAll, expect, it } from 'vitest'
import { APP_URL, createOAuthBrowser } from '../../../test/support/oauth-browser.js'
import { type GithubServer, startGithubServer } from '../../../test/support/github-server.js'
import { unique } from '../../../test/support/client.js'
import { type Service, startService } from '../../../test/support/service.js'
import { createClient } from '../src/index.js'
import {
  beginOAuth,
  beginOAuthLink,
  completeOAuth,
  completeOAuthLink,
  oauthAccounts,
  oauthProviders,
  type OAuthStorage,
  unlinkOAuth,
} from '../src/oauth.js'

const PAGE = 'https://app.example.com/signed-in'

let github: GithubServer
let service: Service

beforeAll(async () => {
  github = await startGithubServer()
  service = await startService({
    ...{ APP_URL, ALLOWED_ORIGINS: 'https://app.example.com', GITHUB_URL: github.origin },
    ...{ GITHUB_CLIENT_ID: github.client.client_id, GITHUB_CLIENT_SECRET: github.client.client_secret },
  })
})
afterAll(async () => {
  await service.stop()
  await github.stop()
})

function memory(): OAuthStorage & { size: () => number } {
  const values = new Map<string, string>()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    size: () => values.size,
  }
}

const become = (id: number, email = `${unique()}@example.com`) => {
  github.become({ id, login: 'ada', emails: [{ email, primary: true, verified: true }] })
  return email
}
const visit = (url: string) => createOAuthBrowser(service.url).follow(url, PAGE)

it('signs in, links, lists and unlinks', async () => {
  const client = createClient({ url: `${service.url}/graphql` })
  const storage = memory()
  expect(await oauthProviders(client)).toEqual([{ name: 'github', label: 'GitHub' }])
  const email = become(1)
  const back = await visit(await beginOAuth(client, 'github', PAGE, { storage }))
  expect((await completeOAuth(client, back, { storage })).email).toBe(email)
  expect(client.state.status).toBe('signed-in')
  expect(storage.size()).toBe(0)

  const [account] = await oauthAccounts(client)
  expect(account).toMatchObject({ provider: 'github', label: 'GitHub', email })
  await expect(unlinkOAuth(client, account!.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })

  const other = await service.signUp()
  await service.database.query('UPDATE users SET email_verified_at = UTC_TIMESTAMP(3) WHERE id = ?', [other.id])
  const second = createClient({ url: `${service.url}/graphql` })
  await second.login({ email: other.email, password: other.password })
  become(2)
  const linked = await visit(await beginOAuthLink(second, 'github', PAGE, { storage }))
  const { id } = await completeOAuthLink(second, linked, { storage })
  await unlinkOAuth(second, id)
  expect(await oauthAccounts(second)).toEqual([])
})

it.each([
  ['of another browser', () => memory()],
  ['that came without a code', () => null],
])('ends no sign-in %s', async (_, other) => {
  const client = createClient({ url: `${service.url}/graphql` })
  const storage = memory()
  become(3)
  const back = await visit(await beginOAuth(client, 'github', PAGE, { storage }))
  const attempt = completeOAuth(client, other() ? back : `${PAGE}?error=access_denied`, { storage: other() ?? storage })
  await expect(attempt).rejects.toMatchObject({ code: 'OAUTH_FAILED' })
})
