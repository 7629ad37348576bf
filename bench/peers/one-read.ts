// One read of Redis per call: with a command for each (LOOKUP=single), with one command for all calls of a turn of the event
// loop (batched), or none.
import { Redis } from 'ioredis'

type Read = (key: string) => Promise<string | null>

const connect = () => new Redis(process.env['REDIS_URL'] ?? '', { protocol: 2 })

function single(): Read {
  const redis = connect()
  return (key) => redis.get(key)
}

function batched(): Read {
  const redis = connect()
  let waiting: { key: string; resolve: (value: string | null) => void; reject: (error: unknown) => void }[] = []

  async function send(): Promise<void> {
    const turn = waiting
    waiting = []
    try {
      const values = await redis.mget(turn.map(({ key }) => key))
      for (const [i, { resolve }] of turn.entries()) resolve(values[i] ?? null)
    } catch (error) {
      for (const { reject } of turn) reject(error)
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ key, resolve, reject }) === 1) setImmediate(() => void send())
    })
}

/** Nothing is ever found. */
const none = (): Read => () => Promise.resolve(null)

export function createRead(): Read {
  const make = { single, batched, none }[process.env['LOOKUP'] ?? '']
  if (!make) throw new Error('LOOKUP must be single, batched or none.')
  return make()
}
