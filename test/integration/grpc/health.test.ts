import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HealthCheckResponse_ServingStatus as ServingStatus } from '@postern/proto/health'
import { connect, failureOf, type GrpcConnection } from '../../support/grpc.js'
import { type Service, startService } from '../../support/service.js'

let service: Service
let grpc: GrpcConnection

beforeAll(async () => {
  service = await startService({ GRPC_PORT: '0' })
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = ServingStatus

describe('grpc.health.v1', () => {
  it.each(['', 'postern.auth.v1.AuthService', 'auth.AuthService'])('knows %j', async (name) => {
    expect((await grpc.health.check({ service: name })).status).toBe(SERVING)
  })

  it('does not know other services', async () => {
    expect((await failureOf(grpc.health.check({ service: 'other' }))).status).toBe('NOT_FOUND')
    const watch = grpc.health.watch({ service: 'other' })
    const [first] = (await once(watch, 'data')) as [{ status: ServingStatus }]
    expect(first.status).toBe(SERVICE_UNKNOWN)
    watch.on('error', () => undefined).cancel()
  })

  it.each(['v1', 'v1alpha'])('is in the list of services of server reflection %s', async (version) => {
    const asIs = (bytes: Buffer) => bytes
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const stream = grpc.client.makeBidiStreamRequest(path, asIs, asIs)
    // `list_services: "*"`
    stream.write(Buffer.from([0x3a, 1, 0x2a]))
    const [answer] = (await once(stream, 'data')) as [Buffer]
    for (const name of ['postern.auth.v1.AuthService', 'auth.AuthService', 'grpc.health.v1.Health'])
      expect(answer.toString('latin1')).toContain(name)
    stream.end()
    await once(stream, 'end')
  })

  // The last one: the service stops.
  it('says NOT_SERVING to everyone who watches, and to every check, while calls are still answered', async () => {
    const watch = grpc.health.watch({ service: '' })
    const statuses: ServingStatus[] = []
    watch.on('data', ({ status }: { status: ServingStatus }) => void statuses.push(status))
    await once(watch, 'data')
    expect(statuses).toEqual([SERVING])
    service.grpc!.retire()
    await once(watch, 'data')
    expect(statuses).toEqual([SERVING, NOT_SERVING])
    expect((await grpc.health.check({ service: '' })).status).toBe(NOT_SERVING)
    expect((await grpc.auth.validateToken({ token: 'none' })).valid).toBe(false)
    const ended = once(watch, 'end')
    await service.grpc!.close()
    await ended
    const late = await failureOf(grpc.auth.validateToken({ token: 'none' }))
    expect(late.status).toBe('UNAVAILABLE')
  })
})
