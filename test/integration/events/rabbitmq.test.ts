import { type Channel, type ChannelModel, connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyEvent, Consumer } from '../../../src/services/events/index.js'
import { type PrivateServer, privateRabbitmq } from '../../support/servers.js'
import { type Instance, type Service, startInstance, startService } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

let rabbitmq: PrivateServer
let service: Service
const workers: Instance[] = []
let model: ChannelModel
let admin: Channel

/** What the consumers have done, by the name of the worker. */
const done: { worker: string; event: AnyEvent }[] = []
/** Users whose events fail, and how often they have. */
const failing = new Map<string, number>()

const environment = () => ({ RABBITMQ_URL: rabbitmq.url, EVENT_RETRIES: '1,1' })

const consumersOf = (worker: string): Consumer[] => [
  {
    name: 'test',
    types: ['user.registered'],
    send(event) {
      const failures = failing.get(event.userId)
      if (failures !== undefined) {
        failing.set(event.userId, failures + 1)
        return Promise.reject(new Error('the receiver does not respond'))
      }
      done.push({ worker, event })
      return Promise.resolve()
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

async function connectAdmin(): Promise<void> {
  model = await connect(rabbitmq.url)
  model.on('error', () => undefined)
  admin = await model.createChannel()
  admin.on('error', () => undefined)
}

beforeAll(async () => {
  rabbitmq = await privateRabbitmq()
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
    await admin.bindQueue('spy', 'postern.events', '#')
    const user = await service.signUp()
    await until('it is processed', () => doneFor(user).length > 0)
    expect(doneFor(user)).toEqual([
      { worker: 'first', event: expect.objectContaining({ type: 'user.registered', seq: 1 }) as unknown },
    ])
    const seen = await until('another system has it', () => admin.get('spy', { noAck: true }))
    expect(seen.properties).toMatchObject({
      ...{ contentType: 'application/cloudevents+json; charset=utf-8', deliveryMode: 2, type: 'user.registered' },
      messageId: doneFor(user)[0]!.event.id,
    })
    expect(JSON.parse(seen.content.toString())).toMatchObject({
      ...{ specversion: '1.0', id: seen.properties.messageId, type: 'user.registered', subject: user.id, seq: 1 },
    })
    await admin.deleteQueue('spy')
    expect(await unpublished()).toBe(0)
  })

  it('becomes a dead letter with its reason after the last retry, while others are processed', async () => {
    const poison = await service.register()
    failing.set(poison.id, 0)
    const user = await service.signUp()
    await until('the other one is processed', () => doneFor(user).length > 0)
    await until('it is a dead letter', async () => (await depthOf('postern.test.dead')) === 1)
    expect(failing.get(poison.id)).toBe(3)
    const letter = await admin.get('postern.test.dead', { noAck: true })
    expect(letter && letter.properties.headers).toMatchObject({
      ...{ 'x-postern-attempts': 3, 'x-postern-reason': 'the receiver does not respond' },
      'x-postern-died-at': expect.stringMatching(/^\d{4}-/) as string,
    })
  })
})
