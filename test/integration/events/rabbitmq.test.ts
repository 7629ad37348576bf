import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Deferral } from '@postern/service/events/consumers'
import type { AnyEvent, Consumer } from '../../../src/services/events/index.js'
import { createNotesDatabase, startNotes } from '../../support/notes.js'
import { type PrivateServer, privateRabbitmq } from '../../support/servers.js'
import { type Instance, type Service, startInstance, startService, TEST_ENVIRONMENT } from '../../support/service.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'
import { startReceiver, WEBHOOK_ENVIRONMENT, webhooksOf } from '../../support/webhooks.js'

/** Of RabbitMQ. It reads them when it is started again. */
const settings: string[] = []
let rabbitmq: PrivateServer
let service: Service
const workers: Instance[] = []
let model: ChannelModel
let admin: Channel

/** What the consumers have done, by the name of the worker. */
const done: { worker: string; event: AnyEvent }[] = []
/** Users whose events fail, and how often they have. */
const failing = new Map<string, number>()
/** Users whose events wait for what is away, and how often they were tried. */
const away = new Map<string, number>()
/** While there is one, consumers wait for it before they have an effect. */
let gate: PromiseWithResolvers<void> | null = null
let waiting = 0

const environment = () => ({ RABBITMQ_URL: rabbitmq.url, EVENT_RETRIES: '1,1', ...WEBHOOK_ENVIRONMENT })

const consumersOf = (worker: string): Consumer[] => [
  {
    name: 'test',
    types: ['user.registered'],
    async send(event) {
      waiting += 1
      await gate?.promise
      waiting -= 1
      const failures = failing.get(event.userId)
      if (failures !== undefined) {
        failing.set(event.userId, failures + 1)
        throw new Error('the receiver does not respond')
      }
      const tries = away.get(event.userId)
      if (tries !== undefined) {
        away.set(event.userId, tries + 1)
        throw new Deferral('the receiver is away')
      }
      done.push({ worker, event })
    },
  },
]

async function startWorker(name: string): Promise<Instance> {
  const env = { ...environment(), ROLE: 'worker', DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  const worker = await startInstance(env)
  worker.app.consumers.push(...consumersOf(name))
  worker.app.broker!.worker.start()
  workers.push(worker)
  await until('the worker is connected', () => worker.app.broker!.worker.isConnected())
  return worker
}

const doneFor = ({ id }: { id: string }) => done.filter(({ event }) => event.userId === id)
const depthOf = async (queue: string) => (await admin.checkQueue(queue)).messageCount

async function unpublished(): Promise<number> {
  const [row] = await service.database.query<{ count: number }>(
    'SELECT COUNT(*) AS count FROM outbox WHERE published_at IS NULL',
  )
  return Number(row!.count)
}

const allDone = (users: readonly { id: string }[]) => () => users.every((user) => doneFor(user).length > 0)
const timesDone = (users: readonly { id: string }[]) => new Set(users.map((user) => doneFor(user).length))

const register = (count: number) => Promise.all(Array.from({ length: count }, () => service.register()))

async function restart(): Promise<void> {
  await rabbitmq.restart()
  await connectAdmin()
}

async function readiness() {
  const response = await fetch(`${service.url}/readyz`)
  return (await response.json()) as Record<string, string>
}

async function connectAdmin(): Promise<void> {
  model = await connect(rabbitmq.url)
  model.on('error', () => undefined)
  admin = await model.createChannel()
  admin.on('error', () => undefined)
}

beforeAll(async () => {
  rabbitmq = await privateRabbitmq(settings)
  service = await startService(environment())
  service.app.consumers.push(...consumersOf('service'))
  await service.app.broker!.check()
  await connectAdmin()
  await startWorker('first')
})
afterAll(async () => {
  await model.close().catch(() => undefined)
  for (const worker of workers) await worker.app.broker!.worker.stop()
  for (const worker of workers) await worker.stop()
  await service.stop()
  await rabbitmq.remove()
})

describe('an event with RabbitMQ', () => {
  it('is published as a CloudEvent and processed by a worker, not by the service', async () => {
    await admin.assertQueue('spy')
    await admin.bindQueue('spy', 'postern.events', 'user.registered')
    const user = await service.signUp()
    await until('it is processed', () => doneFor(user).length > 0)
    expect(doneFor(user)).toEqual([
      { worker: 'first', event: expect.objectContaining({ type: 'user.registered', seq: 1 }) as unknown },
    ])
    const seen = await until('another system has it', async () => (await admin.get('spy', { noAck: true })) || null)
    expect(seen.properties).toMatchObject({
      ...{ contentType: 'application/cloudevents+json; charset=utf-8', deliveryMode: 2, type: 'user.registered' },
      messageId: doneFor(user)[0]!.event.id,
    })
    expect(JSON.parse(seen.content.toString())).toMatchObject({
      ...{ specversion: '1.0', id: seen.properties.messageId, type: 'user.registered', subject: user.id, seq: 1 },
    })
    await admin.deleteQueue('spy')
    await until('it is marked as published', async () => (await unpublished()) === 0)
  })

  it('becomes a dead letter with its reason after the last retry, while others are processed', async () => {
    const poison = await service.register()
    failing.set(poison.id, 0)
    const user = await service.signUp()
    await until('the other one is processed', () => doneFor(user).length > 0)
    await until('it is a dead letter', async () => (await depthOf('postern.test.dead')) === 1)
    expect(failing.get(poison.id)).toBe(3)
    const { deadLetters } = service.app
    const [letter, ...others] = await deadLetters.list(null)
    expect(others).toEqual([])
    expect(letter).toEqual({
      ...{ consumer: 'test', eventId: expect.any(String) as string, type: 'user.registered', attempts: 3 },
      ...{ diedAt: expect.stringMatching(/^\d{4}-/) as string, reason: 'the receiver does not respond' },
    })
    failing.delete(poison.id)
    const { eventId } = letter!
    // What one operator gives back, the next one sees at once.
    for (let i = 0; i < 10; i += 1) expect(await deadLetters.list('test')).toEqual([letter])
    expect(await deadLetters.retry('test', '00000000-0000-7000-8000-000000000000')).toBe(0)
    expect(await deadLetters.retry('test', eventId)).toBe(1)
    await until('it is processed', () => doneFor(poison).length > 0)
    expect(await depthOf('postern.test.dead')).toBe(0)
  })

  it('waits for what is away however often it was tried, and keeps its attempts', async () => {
    const user = await service.register()
    away.set(user.id, 0)
    await until('it was tried more often than one that fails', () => away.get(user.id)! > 3)
    expect(await depthOf('postern.test.dead')).toBe(0)
    away.delete(user.id)
    failing.set(user.id, 0)
    await until('it fails', () => failing.get(user.id)! > 0)
    failing.delete(user.id)
    await until('it is processed', () => doneFor(user).length > 0)
  })

  it('that is no event becomes a dead letter at once, which can be dropped', async () => {
    admin.sendToQueue('postern.test', Buffer.from('{"specversion":"2.0"}'), { messageId: 'x', type: 'unknown' })
    await until('it is a dead letter', async () => (await depthOf('postern.test.dead')) === 1)
    expect(await service.app.deadLetters.list('test')).toMatchObject([
      { eventId: 'x', attempts: 1, reason: 'this is no CloudEvent of Postern' },
    ])
    expect(await service.app.deadLetters.drop('test', null)).toBe(1)
    expect(await service.app.deadLetters.list('test')).toEqual([])
  })
})

describe('a worker', () => {
  it('sends what no event has caused: the test of a webhook, which the service only stores', async () => {
    const receiver = await startReceiver()
    const { roles } = service.app.services.accounts
    const admin = await service.signUpAdmin((email) => roles.setRole({ email }, 'ADMIN', null))
    const webhooks = webhooksOf(service, admin)
    const { id } = await webhooks.register(receiver.url, { eventTypes: ['username.released'] })
    await webhooks.test(id)
    await webhooks.once(id, ({ status }) => status === 'DELIVERED')
    expect(receiver.on('/')).toHaveLength(1)
    await receiver.stop()
  })

  it('shares the queues with others', async () => {
    await startWorker('second')
    const users = await register(30)
    await until('all are processed', allDone(users))
    expect(timesDone(users)).toEqual(new Set([1]))
    expect(new Set(users.map((user) => doneFor(user)[0]!.worker))).toEqual(new Set(['first', 'second']))
  })

  it('that is stopped finishes what it holds', async () => {
    gate = Promise.withResolvers()
    const users = await register(20)
    await until('all workers are busy', async () => waiting === 10 && (await depthOf('postern.test')) === 0)
    const second = workers[1]!
    const stopped = second.app.broker!.worker.stop()
    gate.resolve()
    gate = null
    await stopped
    const bySecond = done.filter(({ worker }) => worker === 'second').length
    await until('all are processed', allDone(users))
    expect(timesDone(users)).toEqual(new Set([1]))
    expect(done.filter(({ worker }) => worker === 'second')).toHaveLength(bySecond)
    expect(second.app.broker!.worker.isConnected()).toBe(false)
  })
})

it('a worker that is killed loses no message that it held', async () => {
  const { child, finished } = startProgram('../test/support/stuck-worker.mjs', [], {
    ...{ ...TEST_ENVIRONMENT, ...environment(), ROLE: 'worker', DATABASE_URL: service.database.url },
    REDIS_URL: testRedisUrl(),
  })
  const children = () => readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  let output = ''
  child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const users: { id: string }[] = []
  await until('it holds messages', async () => {
    users.push(await service.register())
    return output.includes('holding')
  })
  // It hashes no passwords.
  expect(await children()).toBe('')
  child.kill('SIGKILL')
  await finished
  await until('all are processed', allDone(users))
  expect(timesDone(users)).toEqual(new Set([1]))
})

describe('RabbitMQ', () => {
  it('is refused if a queue has other properties than Postern needs', async () => {
    await admin.assertQueue('postern.other', { durable: true })
    const worker = await startInstance(
      { ...environment(), DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      { alone: true },
    )
    worker.app.consumers.push({ name: 'other', types: ['user.deleted'], send: () => Promise.resolve() })
    await expect(worker.app.broker!.check()).rejects.toThrow(/not as Postern declares it: .* for queue 'postern.other'/)
    await worker.stop()
    await admin.deleteQueue('postern.other')
  })

  it('is refused if it refuses the password, which no message contains', async () => {
    const url = new URL(rabbitmq.url)
    url.password = 'wrong-password'
    const worker = await startInstance(
      { RABBITMQ_URL: url.href, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      { alone: true },
    )
    await expect(worker.app.broker!.check()).rejects.toThrow(
      /^RABBITMQ_URL: RabbitMQ refuses this user name or password\.$/,
    )
    await worker.stop()
  })

  it('has queues and an exchange for each service, which consumes from its own', async () => {
    const database = await createNotesDatabase()
    const consumed: unknown[] = []
    const notes = startNotes(database.server, ({ userId, seq }) => consumed.push({ userId, seq }), rabbitmq.url)
    await notes.events.start()
    const { queue } = await admin.assertQueue('', { exclusive: true })
    await admin.bindQueue(queue, 'postern.notes.events', 'note.*')
    const userId = randomUUID()
    await notes.write(userId, 1)
    await until('the event is processed', () => consumed.length > 0)
    expect(consumed).toEqual([{ userId, seq: 1 }])
    expect(await depthOf('postern.notes.test.dead')).toBe(0)
    const message = await admin.get(queue)
    expect(JSON.parse(String(message && message.content))).toMatchObject({
      ...{ source: 'urn:postern:notes', type: 'note.written', subject: userId, data: { note: 1 } },
    })
    await notes.close()
    await database.drop()
  })

  it('gets an event again if the queue of one consumer is missing, which is then declared', async () => {
    // All relays know it. No worker consumes from it, or would declare it.
    const relays = [service, ...workers]
    for (const { app } of relays)
      app.consumers.push({ name: 'lonely', types: ['user.registered'], send: () => Promise.resolve() })
    const user = await service.signUp()
    await until('the queue has it', async () => {
      await until('the queue is there', () => admin.checkQueue('postern.lonely').catch(() => connectAdmin()))
      return (await depthOf('postern.lonely')) === 1
    })
    await admin.deleteQueue('postern.lonely')
    const next = await service.signUp()
    await until('it is marked as published', async () => (await unpublished()) === 0)
    expect(await depthOf('postern.lonely')).toBe(1)
    // The others have it once or twice, and process it once.
    await until('both are processed', allDone([user, next]))
    expect(timesDone([user, next])).toEqual(new Set([1]))
    for (const { app } of relays) app.consumers.pop()
  })

  it('that hangs keeps no request waiting, and gets every event afterwards', async () => {
    rabbitmq.freeze()
    const user = await service.signUp()
    await until('the health check says so', async () => (await readiness())['rabbitmq'] === 'down')
    expect(await readiness()).toMatchObject({ status: 'degraded', mysql: 'up' })
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    expect(await unpublished()).toBeGreaterThan(0)
    rabbitmq.thaw()
    await until('it is processed', () => doneFor(user).length > 0)
  })

  it('that is killed while events are published, and is blocked as by a full disk after its start, loses none', async () => {
    // Not a quorum queue: RabbitMQ 3.10 can lose the leader of one that was declared right before a kill.
    await admin.assertQueue('spy', { durable: true })
    await admin.bindQueue('spy', 'postern.events', 'user.registered')
    const before = await register(20)
    const during = register(20)
    // The queues have been used for a while. RabbitMQ 3.10 can leave a quorum queue without a leader if it is killed soon
    // after the queue was declared: then nothing is confirmed until an operator repairs the queue (docs/operations.md).
    await rabbitmq.kill()
    settings.push('vm_memory_high_watermark.absolute = 1MB')
    await rabbitmq.restart()
    await until('the service is connected', async () => (await readiness())['rabbitmq'] === 'up')
    const users = [...before, ...(await during), ...(await register(20))]
    await until('publishing is blocked', async () => (await readiness())['rabbitmq'] === 'down')
    expect(await unpublished()).toBeGreaterThan(0)
    settings.length = 0
    await restart()
    await until('all are published', async () => (await unpublished()) === 0)
    await until('all are processed', allDone(users))
    expect(timesDone(users)).toEqual(new Set([1]))
    const published: unknown[] = []
    for (let message = await admin.get('spy'); message; message = await admin.get('spy'))
      published.push(message.properties.messageId)
    const ids = users.map((user) => doneFor(user)[0]!.event.id)
    expect(ids.filter((id) => !published.includes(id))).toEqual([])
    // What was not confirmed is published again: at the kill, and when publishing was blocked.
    expect(published.length - ids.length).toBeLessThanOrEqual(users.length)
  })
})
