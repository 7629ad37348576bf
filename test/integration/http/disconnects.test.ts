import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { rawPost } from '../../support/raw-http.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const MAX = 3

let service: Service
beforeAll(async () => {
  service = await startService({ MAX_CONCURRENT_REQUESTS: String(MAX) })
})
afterAll(() => service.stop())

const failedLogin = () => ({ input: { username: unique(), password: 'wrong' } })

/** Sends a request and disconnects at once. */
async function abandon(body: unknown): Promise<void> {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const { body: text } = rawPost(body)
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`
  socket.write(head + text, () => socket.resetAndDestroy())
  await once(socket, 'close')
}

it('counts a failed operation as ended after its client has disconnected', async () => {
  for (let use = 1; use <= 3; use++) await service.graphql(LOGIN, failedLogin())
  for (let n = 0; n < 10 * MAX; n++) await abandon({ query: LOGIN, variables: failedLogin() })
  await until('as many operations as ever are permitted at once', async () => {
    const answers = await Promise.all(Array.from({ length: MAX }, () => service.graphql(LOGIN, failedLogin())))
    return answers.every(({ code }) => code === 'UNAUTHENTICATED')
  })
})
