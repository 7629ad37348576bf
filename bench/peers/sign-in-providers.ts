// The sign-in providers of the tests, in a separate process that measures how long they work.
import { subscribe } from 'node:diagnostics_channel'
import { startGithubServer } from '../../test/support/github-server.ts'
import { startOpenIdServer } from '../../test/support/openid-server.ts'

/** Who signs in from now on. The response is what the providers have done since the last one. */
export interface NextPerson {
  person: number
}

export interface Worked {
  requests: number
  milliseconds: number
}

export interface ProvidersReady {
  google: { issuer: string; client: Record<'client_id' | 'client_secret', string> }
  github: { origin: string; client: Record<'client_id' | 'client_secret', string> }
}

let requests = 0
let milliseconds = 0
/** Requests in progress, and when the first of them came. */
let open = 0
let since = 0

subscribe('http.server.request.start', () => {
  requests += 1
  open += 1
  if (open === 1) since = performance.now()
})
subscribe('http.server.response.finish', () => {
  open -= 1
  // The time of concurrent requests counts once.
  if (open === 0) milliseconds += performance.now() - since
})

const [, , redirectUri = ''] = process.argv
const google = await startOpenIdServer({ redirectUris: [redirectUri] })
const github = await startGithubServer()

process.on('message', ({ person }: NextPerson) => {
  const email = `person_${person}@gmail.com`
  google.become(`google-${person}`, { email, email_verified: true })
  github.become({ id: person + 1, login: `person_${person}`, emails: [{ email, primary: true, verified: true }] })
  process.send!({ requests, milliseconds } satisfies Worked)
  requests = 0
  milliseconds = 0
})
process.on('disconnect', () => process.exit())
process.send!({
  google: { issuer: google.issuer, client: google.client },
  github: { origin: github.origin, client: github.client },
} satisfies ProvidersReady)
