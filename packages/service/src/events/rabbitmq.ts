// Connects to RabbitMQ, in bounded time, and ends a connection that does not respond.
import { isIP } from 'node:net'
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  connect,
  type ConsumeMessage,
  type GetMessage,
} from 'amqplib'
import { withTimeout } from '@postern/contract/timeout'
import type { RabbitmqServer } from './rabbitmq-variables.js'

export type { Channel, ConfirmChannel, ConsumeMessage, GetMessage }

/** How long the connection, and each answer of the server but a confirm, may take. */
const ANSWER_MS = 5000
/** A server that is silent for twice as long is gone. */
const HEARTBEAT_SECONDS = 10

export interface RabbitmqConnection {
  createChannel(): Promise<Channel>
  createConfirmChannel(): Promise<ConfirmChannel>
  /** Why the server reads nothing that clients publish, such as a full disk. Null if it does read. */
  blocked(): string | null
  /** Called each time that the server stops reading what clients publish. */
  onBlocked(listener: () => void): void
  isOpen(): boolean
  /** Called once, when the connection has ended for any reason. */
  onEnd(listener: () => void): void
  /** Closes it properly, or cuts it if the server does not answer. */
  close(): Promise<void>
  /** Ends it at once: what was published and not confirmed fails. */
  cut(): void
}

export type ConnectRabbitmq = () => Promise<RabbitmqConnection>

/** `name` is shown in the server's list of connections. Errors contain no password. */
export async function connectRabbitmq(server: RabbitmqServer, name: string): Promise<RabbitmqConnection> {
  const opening = connect(
    {
      ...{ protocol: server.tls ? 'amqps' : 'amqp', hostname: server.host, port: server.port },
      ...{ username: server.user, password: server.password, heartbeat: HEARTBEAT_SECONDS },
      // The library decodes it.
      vhost: encodeURIComponent(server.vhost),
    },
    {
      ...{ timeout: ANSWER_MS, noDelay: true, clientProperties: { connection_name: name, product: 'Postern' } },
      ...(server.tls && isIP(server.host) === 0 && { servername: server.host }),
      ...(server.ca !== undefined && { ca: server.ca }),
    },
  )
  const late = () => {
    // It may still succeed.
    void opening.then(cutOff, () => undefined)
    throw new Error('ETIMEDOUT: RabbitMQ did not respond in time')
  }
  return follow(await withTimeout(opening, ANSWER_MS, late))
}

function follow(model: ChannelModel): RabbitmqConnection {
  let blocked: string | null = null
  let isOpen = true
  const listeners: (() => void)[] = []
  function end(): void {
    isOpen = false
    for (const listener of listeners.splice(0)) listener()
  }
  function cut(): void {
    cutOff(model)
    end()
  }
  let onBlocked: () => void = () => undefined
  model.on('blocked', (reason) => {
    blocked = reason
    onBlocked()
  })
  model.on('unblocked', () => (blocked = null))
  // 'close' follows.
  model.on('error', () => undefined)
  model.on('close', end)
  const bounded = <T>(answer: Promise<T>): Promise<T> =>
    withTimeout(answer, ANSWER_MS, () => {
      cut()
      throw new Error('ETIMEDOUT: RabbitMQ did not respond in time')
    })

  return {
    createChannel: () => bounded(model.createChannel()).then(quiet),
    createConfirmChannel: () => bounded(model.createConfirmChannel()).then(quiet),
    blocked: () => blocked,
    onBlocked: (listener) => void (onBlocked = listener),
    isOpen: () => isOpen,
    onEnd(listener) {
      if (isOpen) listeners.push(listener)
      else listener()
    },
    close: () => bounded(model.close()).catch(() => undefined),
    cut,
  }
}

/** A channel's error also rejects what waits for it. */
function quiet<C extends Channel>(channel: C): C {
  channel.on('error', () => undefined)
  return channel
}

/** The library can only close a connection with the server's help. */
function cutOff(model: ChannelModel): void {
  const { stream } = model.connection as unknown as { stream: { destroy(error: Error): void } }
  stream.destroy(new Error('ECONNRESET: the connection was cut'))
}
