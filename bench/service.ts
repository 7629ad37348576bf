/**
 * Drives a running service and prints what it answers a second and how long that takes: `npm start`, then
 * `npm run bench`. It measures one machine with everything on it, so go by the ratios between rows, not by a row.
 */
import { randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import autocannon from 'autocannon'

const url = `${process.env['POSTERN_URL'] ?? 'http://127.0.0.1:8080'}/graphql`
const seconds = Number(process.env['BENCH_SECONDS'] ?? 5)
const connections = 50

const unique = () => `b${randomBytes(8).toString('hex')}`

async function ask(query: string, variables: object): Promise<Record<string, any>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown }
  if (errors) throw new Error(`The service refused: ${JSON.stringify(errors)}`)
  return data
}

const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available reason } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'

interface Row {
  name: string
  /** Makes the body of each request. */
  body: () => object
  token?: string
  connections?: number
}

async function measure({ name, body, token, connections: open = connections }: Row): Promise<void> {
  const result = await autocannon({
    url,
    connections: open,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    requests: [{ setupRequest: (request) => ({ ...request, body: JSON.stringify(body()) }) }],
    verifyBody: (text) => !String(text).includes('"errors"'),
  })
  const { requests, latency, errors, mismatches } = result
  const figures = [requests.average, latency.p50, latency.p99, errors + mismatches].map((n) => String(Math.round(n)))
  console.log([name.padEnd(34), ...figures.map((figure) => figure.padStart(9))].join(''))
}

const account = { email: `${unique()}@example.com`, password: 'correct horse', username: unique() }
await ask(REGISTER, { input: account })
const { login } = await ask(LOGIN, { input: { email: account.email, password: account.password } })

console.log(
  `${url}, ${connections} connections, ${seconds} s a row; ${cpus().length} × ${cpus()[0]?.model}, load included\n`,
)
console.log(`${''.padEnd(34)}${['req/s', 'p50 ms', 'p99 ms', 'failed'].map((title) => title.padStart(9)).join('')}`)
await measure({ name: 'nothing but GraphQL', body: () => ({ query: '{ __typename }' }) })
await measure({ name: 'username, free', body: () => ({ query: CHECK, variables: { username: unique() } }) })
await measure({ name: 'username, taken', body: () => ({ query: CHECK, variables: { username: account.username } }) })
await measure({ name: 'username, reserved', body: () => ({ query: CHECK, variables: { username: 'admin' } }) })
await measure({ name: 'profile', token: login.token as string, body: () => ({ query: '{ profile { id username } }' }) })
await measure({
  name: 'login (argon2id)',
  connections: 4,
  body: () => ({ query: LOGIN, variables: { input: { email: account.email, password: account.password } } }),
})
