// Services that the notification service asks, on loopback: what they know, and whether they answer, is up to the test.
import { promisify } from 'node:util'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { ConsentService } from '@postern/proto/consent'
import { DirectoryService } from '@postern/proto/directory'
import { grpcService } from '@postern/proto/grpc-service'

type Callback = (error: object | null, response?: object) => void
interface Call {
  request: { userId: string }
}

export type UpstreamServices = Awaited<ReturnType<typeof startUpstreamServices>>

export async function startUpstreamServices() {
  /** By the id of the user. */
  const contacts = new Map<string, { email: string; emailVerified: boolean; disabled: boolean }>()
  const consenting = new Set<string>()
  const state = { isUp: true }
  let port = 0
  let server: Server | null = null
  let asked = 0

  const answer = (respond: (userId: string) => object | null) => (call: Call, callback: Callback) => {
    if (!state.isUp) return callback({ code: status.UNAVAILABLE, details: 'away' })
    const response = respond(call.request.userId)
    if (response) callback(null, response)
    else callback({ code: status.UNAVAILABLE, details: 'unknown' })
  }

  async function listen(): Promise<void> {
    server = new Server()
    const refuse = (_: Call, callback: Callback) => callback({ code: status.UNIMPLEMENTED, details: '' })
    const consents = Object.fromEntries(ConsentService.methods.map(({ localName }) => [localName, refuse]))
    server.addService(grpcService(ConsentService), {
      ...consents,
      validateConsent: answer((userId) => {
        asked += 1
        return { valid: consenting.has(userId) }
      }),
    })
    server.addService(grpcService(DirectoryService), {
      getContact: answer((userId) => contacts.get(userId) ?? { email: '', emailVerified: false, disabled: true }),
    })
    const bind = promisify(server.bindAsync.bind(server))
    port = await bind(`127.0.0.1:${port}`, ServerCredentials.createInsecure())
  }
  await listen()

  return {
    url: `127.0.0.1:${port}`,
    ...{ contacts, consenting, state },
    asked: () => asked,
    stop: () => server?.forceShutdown(),
    listen,
  }
}
