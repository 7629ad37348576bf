// Gives the service a secret through every input, and searches everything that it writes for them. A new place to search is
// one entry of `places` below, a new input one call of `send`.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'

import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCanaries } from '../../support/canaries.js'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { startCollector } from '../../support/collector.js'
import { page } from '../../support/cookies.js'
import { appCode, VERIFY, REAUTHENTICATE } from '../../support/factors.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { dumpRedis, dumpTables } from '../../support/dumps.js'
import { connect, failureOf, metadata } from '../../support/grpc.js'
import { startServiceProcess } from '../../support/process.js'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { smtpError, startSmtpServer } from '../../support/smtp-server.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { PATIENCE_MS, until } from '../../support/wait.js'

const canaries = createCanaries()
const places: Record<string, string> = {}
/** Secrets that a response returns to the client who may have them. */
const ISSUED = [
  ...['access token', 'refresh token', 'device token', 'next access token', 'next refresh token', 'cookies'],
  ...['token of a change', 'token with two factors', 'secret of an app', 'enrollment', 'recovery code', 'challenge'],
]

const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const UPDATE = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }'
const START = 'mutation { startMfaEnrollment { secret enrollment } }'
const ENABLE = 'mutation ($input: EnableMfaInput!) { enableMfa(input: $input) { recoveryCodes token } }'
const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'
const LOGIN_WITH_DEVICE = LOGIN.replace('token ', 'token deviceToken ')

let database: TestDatabase

/** Users whose passwords are canaries, in front of both stores. */
async function createStoreUsers() {
  const user = `canary_${randomBytes(6).toString('hex')}`
  const [mysqlPassword, redisPassword] = [canaries.create('DATABASE_URL'), canaries.create('REDIS_URL')]
  await database.query(`CREATE USER ${user}@'%' IDENTIFIED BY '${mysqlPassword}'`)
  await database.query(`GRANT ALL ON ${new URL(database.url).pathname.slice(1)}.* TO ${user}@'%'`)
  const redis = await connectTestRedis()
  await redis.call('ACL', 'SETUSER', user, 'on', `>${redisPassword}`, '~*', '&*', '+@all')
  const withUser = (url: string, password: string) => Object.assign(new URL(url), { username: user, password }).href
  return {
    databaseUrl: withUser(database.url, mysqlPassword),
    redisUrl: withUser(testRedisUrl(), redisPassword),
    async remove() {
      await database.query(`DROP USER ${user}@'%'`)
      await redis.call('ACL', 'DELUSER', user)
      redis.disconnect()
    },
  }
}

/** Verifies captchas, and knows no breached password. Refuses captchas that say so. */
async function startProvider() {
  const received: string[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      received.push(body)
      const verdict = JSON.stringify({ success: !body.includes('refused') })
      response.setHeader('content-type', 'application/json').end(request.method === 'POST' ? verdict : '')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { received, url, close: () => server.close() }
}

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

it('finds what it searches for', () => {
  const own = createCanaries()
  const value = own.create('an input')
  for (const text of [
    value,
    JSON.stringify({ value }),
    Buffer.from(`${value}!!`).toString('base64'),
    Buffer.from(value).toString('hex'),
  ])
    expect(own.foundIn(`before ${text} after`)).toEqual(['an input'])
  expect(own.foundIn('nothing')).toEqual([])
})

it(
  'no secret of any input is in a log, a trace, a metric, a response, a table or Redis',
  { timeout: 3 * PATIENCE_MS },
  async () => {
    const users = await createStoreUsers()
    const [collector, provider] = await Promise.all([startCollector(), startProvider()])
    const [mysql, redis] = await Promise.all([startTcpProxy(() => database.url), startTcpProxy(() => testRedisUrl())])
    const smtpPassword = canaries.create('SMTP_URL')
    const smtp = await startSmtpServer({
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username }, _session, done) => done(null, { user: username }),
    })
    const metricsToken = canaries.create('METRICS_TOKEN')
    const service = await startServiceProcess({
      ...collector.env,
      ...{ LOG_LEVEL: 'debug', DATABASE_TIMEOUT: '3', RATE_LIMIT_LOGIN: '5/60' },
      DATABASE_URL: mysql.through(users.databaseUrl),
      REDIS_URL: redis.through(users.redisUrl),
      ...{ JWT_SECRET: canaries.create('JWT_SECRET'), JWT_SECRET_PREVIOUS: canaries.create('JWT_SECRET_PREVIOUS') },
      ...{
        REFRESH_KEY: canaries.create('REFRESH_KEY'),
        REVOCATION_KEY: canaries.create('REVOCATION_KEY'),
        METRICS_TOKEN: metricsToken,
        MFA_KEY: canaries.create('MFA_KEY'),
      },
      ...{ AUDIT_KEY: canaries.create('AUDIT_KEY'), CAPTCHA_SECRET: canaries.create('CAPTCHA_SECRET') },
      ...{ CAPTCHA_URL: `${provider.url}/verify`, BREACHED_PASSWORDS_URL: `${provider.url}/range/` },
      ...{ SMTP_URL: smtp.url.replace('//', `//mailer:${smtpPassword}@`), MAIL_FROM: 'auth@example.com' },
      ...{ APP_URL: 'https://auth.example.com', GRPC_PORT: '0', GATEWAY_KEY: canaries.create('GATEWAY_KEY') },
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${canaries.create('OTEL_EXPORTER_OTLP_HEADERS')}`,
    })
    const responses: string[] = []
    const grpc = connect(service.grpcPort)

    /** Sends any body with any headers. */
    async function send(body: unknown, headers: Record<string, string> = {}, path = '/graphql') {
      const response = await fetch(service.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      responses.push(`${JSON.stringify([...response.headers])} ${text}`)
      return { response, text, data: text.startsWith('{') ? (JSON.parse(text) as { data?: any }).data : null }
    }
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(service.url + path, { headers: { 'apollo-require-preflight': '1', ...headers } })
      const text = await response.text()
      if (!path.startsWith('/metrics')) responses.push(`${JSON.stringify([...response.headers])} ${text}`)
      return text
    }

    const account = { email: `${unique()}@example.com`, username: unique(), password: canaries.create('a password') }

    let signedIn = {}

    /** Every operation that takes a secret, with wrong ones. Their outcome depends on the state of the stores. */
    async function fail(state: string): Promise<void> {
      const secret = (input: string) => canaries.create(`${input} (${state})`)
      const captcha = () => ({ captchaToken: secret('captcha') })
      const input = { email: account.email, password: secret('wrong password'), ...captcha() }
      await send({ query: LOGIN, variables: { input } })
      await send({
        query: REGISTER,
        variables: { input: { email: `${unique()}@example.com`, password: secret('new password'), ...captcha() } },
      })
      await send({ query: LOGIN, variables: { input: { ...input, deviceToken: secret('wrong device token') } } })
      await send({ query: REFRESH, variables: { token: secret('wrong refresh token') } })
      await send({
        query: VERIFY,
        variables: { input: { challenge: secret('wrong challenge'), code: secret('no code') } },
      })
      await send({ query: VERIFY, variables: { input: { challenge: secret('another challenge'), code: '123456' } } })
      await send({ query: REAUTHENTICATE, variables: { input: { password: secret('wrong proof') } } }, signedIn)
      await send(
        { query: ENABLE, variables: { input: { enrollment: secret('enrollment'), code: '123456' } } },
        signedIn,
      )
      await send({ query: '{ profile { id } }' }, { authorization: `Bearer ${secret('wrong access token')}` })
      await send({ query: '{ profile { id } }' }, { authorization: `Basic ${secret('another scheme')}` })
      const cookie = `__Host-postern-access=${secret('wrong cookie')}; other=${secret('foreign cookie')}`
      await send({ query: '{ profile { id } }' }, { cookie, ...page(service.url) })
      await send({ query: 'mutation { logout }' }, { cookie, ...page(service.url) })
      await send({ query: `mutation { deleteAccount(password: "${secret('literal')}") }` })
      await send({ query: `{ checkUsernameAvailability(username: "${secret('literal username')}") { available } }` })
      for (const wrong of [[secret('in a list')], { value: secret('in an object') }, { [secret('as a name')]: 1 }])
        await send({ query: LOGIN, variables: { input: { ...input, password: wrong } } })
      await send({ query: LOGIN, variables: { input: secret('instead of an input') } })
      await send({ query: LOGIN, variables: { input: { ...input, captchaToken: secret('refused captcha') } } })
      await send({ query: LOGIN, variables: secret('instead of variables') })
      await send({ query: LOGIN, variables: { input: { ...input, password: secret('too long').repeat(20) } } })
      await send({ query: CHECK, variables: { username: secret('a username of any kind') } })
      await send(`{"query": "mutation", "variables": {"password": "${secret('malformed JSON')}"`)
      await send({ query: LOGIN, variables: { input, filler: secret('too large').repeat(5000) } })
      await send(`password=${secret('a form')}`, { 'content-type': 'application/x-www-form-urlencoded' })
      await send({ query: '{ policy { usernameHold } }', extensions: { token: secret('extensions') } })
      await send(
        { query: '{ policy { usernameHold } }' },
        { baggage: `token=${secret('baggage')}`, traceparent: secret('traceparent') },
      )
      await send(
        { query: '{ policy { usernameHold } }' },
        { 'x-api-key': secret('a header'), 'x-request-id': `${secret('id')} ` + '!' },
      )
      await get(`/graphql?query={policy{usernameHold}}&token=${secret('query string')}`)
      await get(
        `/graphql?query=query($t:String!){checkUsernameAvailability(username:$t){available}}&variables=${encodeURIComponent(JSON.stringify({ t: secret('query variable') }))}`,
      )
      await get(`/sign-in?password=${secret('query string of a page')}`)
      await get(`/nothing/${secret('path')}?token=${secret('query string of nothing')}`)
      await get('/metrics', { authorization: `Bearer ${secret('wrong METRICS_TOKEN')}` })
      await get('/circuit-breaker/status', { authorization: `Bearer ${secret('wrong token of the status')}` })
    }

    /** The same over gRPC. */
    async function failOverGrpc(state: string): Promise<void> {
      const secret = (input: string) => canaries.create(`${input} over gRPC (${state})`)
      const withSecret = (key: string, prefix = '') => ({ metadata: metadata({ [key]: prefix + secret(key) }) })
      const wrong = () => ({
        email: account.email,
        password: secret('wrong password'),
        captchaToken: secret('captcha'),
      })
      const { auth } = grpc
      const calls = [
        auth.login(wrong()),
        auth.login({ ...wrong(), deviceToken: secret('wrong device token') }, withSecret('postern-caller')),
        auth.login(wrong(), withSecret('dpop')),
        auth.register({ ...wrong(), email: secret('no address') }),
        auth.verifyMfa({ challenge: secret('wrong challenge'), code: secret('no code') }),
        auth.refreshToken({ refreshToken: secret('wrong refresh token') }, withSecret('traceparent')),
        auth.getUserProfile({}, withSecret('authorization', 'Bearer ')),
        auth.logout({}, withSecret('x-api-key')),
        auth.completeOAuth({ provider: secret('provider'), code: secret('code'), binding: secret('binding') }),
        auth.checkUsernameAvailability({ username: secret('a username of any kind'), maxSuggestions: 99 }),
        auth.validateToken({ token: secret('wrong access token') }).then(({ valid }) => {
          throw Object.assign(new Error(), { code: 0, details: `valid: ${valid}`, metadata: metadata({}) })
        }),
      ]
      responses.push(JSON.stringify(await Promise.all(calls.map(failureOf))))
    }

    // Successes. The mail server refuses each mail once, and repeats its code.
    const { email, username, password } = account
    const refused = new Set<string | undefined>()
    smtp.answers.data = ({ headers, text }) => {
      const [code = ''] = /^\d{8}$/m.exec(text) ?? []
      const id = headers.get('message-id')
      if (refused.has(id)) return
      refused.add(id)
      throw smtpError(451, `Try again later with ${code}: ${text.slice(0, 100)}`)
    }
    const captcha = () => ({ captchaToken: canaries.create(`captcha ${unique()}`) })
    await send({ query: REGISTER, variables: { input: { ...account, ...captcha() } } })
    const { login } = (
      await send({ query: LOGIN_WITH_DEVICE, variables: { input: { email, password, ...captcha() } } })
    ).data
    canaries.add('access token', login.token)
    canaries.add('refresh token', login.refreshToken)
    canaries.add('device token', login.deviceToken)
    await send({ query: '{ profile { id } sessions { id } }' }, { authorization: `Bearer ${login.token}` })
    const { refreshToken: next } = (await send({ query: REFRESH, variables: { token: login.refreshToken } })).data
    canaries.add('next access token', next.token)
    canaries.add('next refresh token', next.refreshToken)
    const changed = canaries.create('the password after a change')
    const passwords = { oldPassword: password, newPassword: changed, confirmNewPassword: changed }
    const bearer = { authorization: `Bearer ${next.token}` }
    const { updatePassword } = (await send({ query: UPDATE, variables: { input: passwords } }, bearer)).data
    signedIn = { authorization: `Bearer ${canaries.add('token of a change', updatePassword.token)}` }
    account.password = changed
    const byCookie = await send(
      { query: LOGIN, variables: { input: { username, password: changed, ...captcha() } } },
      page(service.url),
    )
    const cookies = byCookie.response.headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(1)
    for (const cookie of cookies) canaries.add('cookies', cookie.split(';')[0]!.split('=').slice(1).join('='))
    await send({ query: CHECK, variables: { username: unique() } })
    // An address that is verified gets no code anymore.
    const code = await until(
      'the mail with a code arrives',
      () => smtp.to(email).flatMap((mail) => /^\d{8}$/m.exec(mail.text) ?? [])[0],
    )
    canaries.add('the code of a mail', code)
    await database.query('UPDATE users SET email_verified_at = NOW(3) WHERE email = ?', [email])
    const { startMfaEnrollment: started } = (await send({ query: START }, signedIn)).data
    canaries.add('secret of an app', started.secret)
    canaries.add('enrollment', started.enrollment)
    const first = { enrollment: started.enrollment, code: appCode(started.secret) }
    const { enableMfa } = (await send({ query: ENABLE, variables: { input: first } }, signedIn)).data
    signedIn = { authorization: `Bearer ${canaries.add('token with two factors', enableMfa.token)}` }
    const recoveryCode = canaries.add('recovery code', enableMfa.recoveryCodes[0] as string)
    canaries.add('recovery code without dashes', recoveryCode.replaceAll('-', ''))
    const half = await send({ query: LOGIN, variables: { input: { email, password: changed, ...captcha() } } })
    const challenge = canaries.add('challenge', /mfa_[\w-]{43}/.exec(half.text)?.[0] ?? '')
    const second = { challenge, code: recoveryCode }
    expect((await send({ query: VERIFY, variables: { input: second } })).data.verifyMfa.token).toBeTruthy()

    await fail('all is well')
    await failOverGrpc('all is well')
    places['metrics'] = await get('/metrics', { authorization: `Bearer ${metricsToken}` })
    places['metrics for people'] = await get('/metrics/health', { authorization: `Bearer ${metricsToken}` })
    places['tables'] = await dumpTables(database)
    places['Redis'] = await dumpRedis()
    redis.close()
    await fail('Redis is down')
    mysql.close()
    await fail('both stores are down')
    await failOverGrpc('both stores are down')
    grpc.close()
    places['metrics after the outage'] = await get('/metrics', { authorization: `Bearer ${metricsToken}` })
    places['health'] = await get('/health')

    await until('the spans arrive', () => collector.spans.length > 100)
    service.kill('SIGTERM')
    const { stdout, stderr } = await service.finished
    places['log'] = stdout + stderr
    places['traces'] = collector.deliveries.map(({ body }) => body.toString('latin1')).join('\n')
    places['responses'] = responses.join('\n')
    collector.close()
    provider.close()
    await smtp.close()
    await users.remove()

    // Each place has what it should have, so the search is not one of nothing.
    for (const [place, text] of Object.entries({
      metrics: 'method="Login",status="UNAUTHENTICATED"',
      tables: email,
      log: '"login"',
      traces: 'Mutation.login',
      'metrics after the outage': 'method="Login",status="UNAVAILABLE"',
    }))
      expect(places[place], place).toContain(text)
    expect(places['log']).toContain('dependency unavailable')
    expect(places['responses']).toContain('SERVICE_UNAVAILABLE')
    expect(canaries.foundIn(provider.received.join('\n'))).toContain('CAPTCHA_SECRET')
    const found = Object.entries(places).flatMap(([place, text]) =>
      canaries.foundIn(text, { except: place === 'responses' ? ISSUED : [] }).map((name) => `${place}: ${name}`),
    )
    expect(found).toEqual([])
  },
)
