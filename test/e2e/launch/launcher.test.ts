import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { copyCheckout, type Checkout } from '../../support/checkout.js'
import { privateRedis } from '../../support/servers.js'
import { until } from '../../support/wait.js'

let copy: Checkout
let checkout: string
let port: number

beforeAll(async () => {
  copy = await copyCheckout()
  checkout = copy.path
  port = await freePort()
})
afterEach(() => copy.stop())
afterAll(() => copy.remove())

const left = () => copy.left()
const start = (env: Record<string, string> = {}) => copy.start(['scripts/start.mjs'], { PORT: String(port), ...env })

async function graphql(query: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return await answer.json()
}

describe('npm start', () => {
  it('reports that the port is taken before any slow work, and exits with 1', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const taken = String((squatter.address() as AddressInfo).port)
    const { code, text } = await start({ PORT: taken }).ended
    squatter.close()
    expect(code).toBe(1)
    expect(text).toContain(`Port ${taken} is taken by another program.`)
    expect(text).toContain('PORT=8081 npm start')
    expect(text).not.toContain('dependencies')
  })

  it('refuses to run in production', async () => {
    const { code, text } = await start({ NODE_ENV: 'production' }).ended
    expect(code).toBe(1)
    expect(text).toContain('npm run build, npm run migrate, node dist/main.js')
  })

  it('reports a misspelled variable plainly, before it migrates', async () => {
    const { code, text } = await start({ DATABASE_ULR: 'mysql://127.0.0.1/postern' }).ended
    expect(code).toBe(1)
    expect(text).toContain('✘ configuration')
    expect(text).toContain(
      '\n✘ The configuration is invalid:\n  - DATABASE_ULR is unknown; did you mean DATABASE_URL?\n',
    )
    expect(text).not.toContain('migration')
  })

  it('keeps the data and the secrets after Ctrl-C, and leaves no process', async () => {
    const first = start()
    await first.prints('Ready')
    await first.prints(' applied')
    await first.prints(`Sign up      http://localhost:${port}/\n`)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<title>Postern</title>')
    const email = 'ada@example.org'
    const registered = await graphql(
      `mutation { register(input: { email: "${email}", username: "ada", password: "a long enough phrase" }) { message } }`,
    )
    expect(registered).toMatchObject({ data: { register: {} } })
    await first.prints(' info  POST /graphql register 200 ')
    const file = join(checkout, '.postern/env')
    const before = await readFile(file, 'utf8')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(0)
    expect(left()).toEqual([])

    await start().prints('Ready')
    expect(await graphql('{ checkUsernameAvailability(username: "ada") { available } }')).toEqual({
      data: { checkUsernameAvailability: { available: false } },
    })
    const secrets = /^(JWT_SECRET|REFRESH_KEY)=development-[0-9a-f]{64}$/gm
    expect((await readFile(file, 'utf8')).match(secrets)).toEqual(before.match(secrets))
    expect(before.match(secrets)).toHaveLength(2)
  })

  it('starts a private RabbitMQ and a worker on request, and shows the mails that the worker keeps', async () => {
    const { child, prints, ended } = copy.start(['scripts/start.mjs', '--with-rabbitmq'], { PORT: String(port) })
    await prints('Ready')
    await prints('consuming events from RabbitMQ')
    const input = '{ email: "grace@example.org", username: "grace", password: "a long enough phrase" }'
    await graphql(`mutation { register(input: ${input}) { message } }`)
    await until('the mail is there', async () =>
      (await (await fetch(`http://127.0.0.1:${port}/mail.json`)).text()).includes('grace@example.org'),
    )
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
    expect(left()).toEqual([])
  })

  it('starts again after SIGKILL, and refuses to run twice', async () => {
    const first = start()
    await first.prints('Ready')
    const { code, text } = await start({ PORT: String(await freePort()) }).ended
    expect(code).toBe(1)
    expect(text).toContain(`npm start is already running in this checkout, at http://localhost:${port}`)

    first.child.kill('SIGKILL')
    await first.ended
    const second = start()
    await second.prints('Ready')
    expect(await graphql('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    second.child.kill('SIGTERM')
    await second.ended
    expect(left()).toEqual([])
  })

  it('reads .env, prefers environment variables, and keeps the ports of its servers while they are free', async () => {
    await writeFile(join(checkout, '.env'), 'PORT=1\nWEB=false\nJWT_SECRET=\n')
    const settings = join(checkout, '.postern/env')
    const urls = async () => (await readFile(settings, 'utf8')).match(/^(?:DATABASE|REDIS)_URL=.*$/gm) ?? []
    const before = await urls()
    const first = start()
    await first.prints(`GraphQL      http://localhost:${port}/graphql`)
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
    expect(await urls()).toEqual(before)
    const cli = ['--import', './tools/launch/env.mjs', 'dist/cli.js', 'admin', 'unknown@example.org']
    const admin = spawn(process.execPath, cli, { cwd: checkout, env: {}, stdio: ['ignore', 'ignore', 'pipe'] })
    expect(await text(admin.stderr)).toContain('register')
    first.child.kill('SIGINT')
    await first.ended

    const taken = Number(new URL(before[1]!.slice('REDIS_URL='.length)).port)
    const squatter = createServer().listen(taken, '127.0.0.1')
    await once(squatter, 'listening')
    const second = start()
    await second.prints('Ready')
    await second.prints(`Another program has port ${taken}, where Redis was before.`)
    squatter.close()
    const after = await urls()
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
    await rm(join(checkout, '.env'))
  })

  it('reports that a server refuses the password of its URL, without showing the password', async () => {
    const redis = await privateRedis()
    const withPassword = (url: string) => Object.assign(new URL(url), { password: 'not-this-one' }).href
    const database = process.env['TEST_DATABASE_URL'] ?? ''
    const attempts = [{ DATABASE_URL: withPassword(database) }, { REDIS_URL: withPassword(redis.url) }]
    for (const env of attempts) {
      const { code, text: output } = await start(env).ended
      expect(code).toBe(1)
      expect(output).toMatch(new RegExp(`${Object.keys(env)[0]}: .* refuses this user name or password`))
      expect(output).not.toContain('not-this-one')
    }
    await redis.remove()
  })

  it('ignores stale files that name a foreign process', async () => {
    const foreign = spawn('sleep', ['60'], { stdio: 'ignore' })
    const pid = String(foreign.pid)
    await writeFile(join(checkout, '.postern/mariadb/mariadb.pid'), pid)
    await writeFile(join(checkout, '.postern/start.lock'), JSON.stringify({ pid: Number(pid), started: '1' }))
    const service = start()
    await service.prints('Ready')
    expect(foreign.exitCode ?? foreign.signalCode).toBeNull()
    foreign.kill()
  })

  it('can be stopped while it starts', async () => {
    const service = start()
    await until('servers are starting', () => left().some(({ command }) => command === 'mariadbd'), { every: 1 })
    service.child.kill('SIGINT')
    expect((await service.ended).code).toBe(130)
    expect(left()).toEqual([])
    const locks = (await readdir(join(checkout, '.postern'))).filter((name) => name.includes('.lock'))
    expect(locks).toEqual([])
  })
})
