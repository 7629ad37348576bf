import { Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js'
import { grpcService } from '@postern/proto/grpc-service'
import { Health } from '@postern/proto/health'
import { createHealthService } from '@postern/service/grpc/health'
import { afterEach, expect, it } from 'vitest'
import { connect } from '../../support/grpc.js'
import { until } from '../../support/wait.js'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

it('lets only so many watch, and more when others have left', async () => {
  const health = createHealthService(() => Promise.resolve({ status: 'up', components: {} }), [], 2)
  const server = new Server()
  server.addService(grpcService(Health), health.handlers)
  const bind = (done: (error: Error | null, port: number) => void) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), done)
  const port = await new Promise<number>((resolve, reject) =>
    bind((error, bound) => (error ? reject(error) : resolve(bound))),
  )
  const client = connect(port)
  stops.push(() => {
    client.close()
    health.close()
    server.forceShutdown()
  })

  const watch = () => client.health.watch({ service: '' })
  /** The status of gRPC, or null if there is a state. */
  const outcome = (stream: ReturnType<typeof watch>) =>
    new Promise<status | null>((resolve) => {
      stream.once('data', () => resolve(null)).on('error', ({ code }: ServiceError) => resolve(code))
    })
  const first = watch()
  expect([await outcome(first), await outcome(watch())]).toEqual([null, null])
  expect(await outcome(watch())).toBe(status.RESOURCE_EXHAUSTED)
  first.cancel()
  await until('another one may watch', async () => (await outcome(watch())) === null)
})
