import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

/** What an idle service must not load, and why it would not need it. */
const ON_DEMAND = {
  '/node_modules/@prisma/': 'only some mutations use it',
  '/node_modules/mariadb/': 'the driver of Prisma',
  '/dist/generated/prisma/(?!enums)': 'the client of Prisma',
  '/node_modules/@node-rs/': 'the hasher is a process of its own',
  '/node_modules/argon2/': 'the hasher is a process of its own',
  '/node_modules/@apollo/usage-reporting-protobuf/': 'reports nothing to Apollo',
  '/node_modules/@fastify/ajv-compiler/': 'no route has a JSON schema',
  '/node_modules/fast-json-stringify-compiler/': 'no route has a JSON schema',
  '/node_modules/fxa-common-password-list/': 'its data is read when a password is chosen',
  '/node_modules/@opentelemetry/(?!api/)': 'there is no collector',
  '/dist/app/doctor/': 'a command of an operator',
  '/dist/processes/commands/': 'a command of an operator',
}

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'postern-modules-'))
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const start = (env: Record<string, string>, program?: string) =>
  startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env }, program)

describe('an idle service', () => {
  it('has loaded nothing that only some requests or commands need, and loads Prisma when one needs it', async () => {
    const file = join(folder, 'modules.txt')
    const preload = new URL('../../support/loaded-modules.mjs', import.meta.url).href
    // The program has the same modules, in fewer files.
    const modules = 'processes/main.js'
    const service = await start({ LOADED_MODULES: file, NODE_OPTIONS: `--import=${preload}` }, modules)
    const loaded = async () => (await readFile(file, 'utf8')).split('\n').map((line) => line.split(' ')[0] ?? '')
    const health = await until('the service is ready', async () => {
      const response = await fetch(`${service.url}/health/ready`)
      return response.ok ? response : null
    })
    expect(health.status).toBe(200)
    const urls = await loaded()
    expect(urls.length).toBeGreaterThan(500)
    const careless = Object.keys(ON_DEMAND).flatMap((part) => urls.find((url) => new RegExp(part).test(url)) ?? [])
    expect(careless).toEqual([])

    const { token } = await service.signUp()
    const update = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { firstName } }'
    expect((await service.graphql(update, { input: { firstName: 'Ada' } }, token)).data).toEqual({
      updateProfile: { firstName: 'Ada' },
    })
    expect((await loaded()).some((url) => url.includes('/node_modules/@prisma/'))).toBe(true)
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })

  it.runIf(process.platform === 'linux')('has a small young generation, unless an option sets its size', async () => {
    const sizeOf = async (env: Record<string, string>) => {
      const service = await start(env)
      const options = (await readFile(`/proc/${service.pid}/cmdline`, 'utf8')).split('\0')
      service.kill('SIGTERM')
      expect((await service.finished).code).toBe(0)
      return options.find((option) => option.startsWith('--max-semi-space-size'))
    }
    expect(await sizeOf({})).toBe('--max-semi-space-size=8')
    expect(await sizeOf({ NODE_OPTIONS: '--max_semi_space_size=32' })).toBeUndefined()
  })
})
