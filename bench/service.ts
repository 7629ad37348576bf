/**
 * Drives a running service and prints what it answers a second and how long that takes: `npm start`, then
 * `npm run bench`. It measures one machine with everything on it, so go by the ratios between rows, not by a row.
 */
import { cpus } from 'node:os'
import autocannon from 'autocannon'
import { ask, LOGIN, newAccount, unique, url } from './client.ts'

const seconds = Number(process.env['BENCH_SECONDS'] ?? 5)
const connections = 50

const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available reason } }'

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

const account = await newAccount()
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
