// Connections for streams. A server takes only so many calls on each, and all others would wait for the end of a stream.
import type { Client } from '@grpc/grpc-js'

/** Fewer than the thousand that our servers take. */
const MOST_PER_CONNECTION = 900

interface Channel {
  readonly client: Client
  open: number
}

/** `create` opens a connection of its own. */
export function createStreamChannels(create: () => Client, most = MOST_PER_CONNECTION) {
  const channels: Channel[] = []

  function add(): Channel {
    const channel = { client: create(), open: 0 }
    channels.push(channel)
    return channel
  }

  return {
    /** Returns a connection with room for one more stream, and what to call at its end. */
    take(): { client: Client; release: () => void } {
      const channel = channels.find(({ open }) => open < most) ?? add()
      channel.open += 1
      let isReleased = false
      return {
        client: channel.client,
        release() {
          if (!isReleased) channel.open -= 1
          isReleased = true
        },
      }
    },
    close: () => channels.forEach(({ client }) => client.close()),
  }
}
