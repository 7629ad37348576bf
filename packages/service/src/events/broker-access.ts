// Checks at the start that RabbitMQ accepts what its variables say, and that what exists there is what Postern needs.
import type { ConnectRabbitmq, RabbitmqConnection } from './rabbitmq.js'
import { TopologyMismatch } from './topology.js'

/** What RabbitMQ or TLS says, and what that means. Anything else means that RabbitMQ is only unavailable. */
const REFUSALS: readonly [said: RegExp, meaning: string][] = [
  [/ACCESS[-_]REFUSED.*(?:login|mechanism|authentication)/i, 'RabbitMQ refuses this user name or password'],
  [/NOT[-_]ALLOWED.*vhost .* not found/i, 'RabbitMQ has no virtual host of this name'],
  [/NOT[-_]ALLOWED.*access to vhost/i, 'RabbitMQ does not allow this user to use this virtual host'],
  [
    /ACCESS[-_]REFUSED/,
    'RabbitMQ does not allow this user to declare exchanges and queues whose names begin with postern',
  ],
  [/Hostname\/IP does not match certificate's altnames/, 'the certificate of RabbitMQ is for another host'],
  [
    /(?:self-signed|unable to (?:verify|get)).*certificate/,
    'the certificate of RabbitMQ is not trusted; see RABBITMQ_CA',
  ],
]

/** One line if RabbitMQ can't be used as it is configured. Null if it can, or if it is only unavailable. */
export async function brokerProblem(
  connect: ConnectRabbitmq,
  declare: (connection: RabbitmqConnection) => Promise<void>,
): Promise<string | null> {
  let connection: RabbitmqConnection | undefined
  try {
    connection = await connect()
    await declare(connection)
    return null
  } catch (error) {
    if (error instanceof TopologyMismatch) return error.message
    const meaning = REFUSALS.find(([said]) => said.test((error as Error).message))?.[1]
    return meaning === undefined ? null : `RABBITMQ_URL: ${meaning}.`
  } finally {
    await connection?.close()
  }
}
