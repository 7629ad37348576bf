// The variables of RabbitMQ, and of the consumers of events.
import { z } from 'zod'
import { type RabbitmqTarget, readRabbitmqUrl } from '@postern/service/events/rabbitmq-url'
import { certificates } from '../pem.js'
import { count, type Variables, whole } from '../values.js'

const rabbitmqUrl = z.string().superRefine((value, context) => {
  const read = readRabbitmqUrl(value)
  if ('problem' in read) context.addIssue(read.problem)
})

const LONGEST_PAUSE = 7 * 86_400

const pauses = z
  .string()
  .regex(/^\d{1,6}(?:,\d{1,6}){0,19}$/, 'must be one to 20 pauses in seconds, separated by commas')
  .transform((text) => text.split(',').map(Number))
  .refine(
    (seconds) => seconds.every((pause) => pause >= 1 && pause <= LONGEST_PAUSE),
    `must contain pauses of 1 to ${LONGEST_PAUSE} seconds`,
  )

export const rabbitmqVariables = z.object({
  RABBITMQ_URL: rabbitmqUrl.optional(),
  RABBITMQ_HOST: z.hostname('must be a host name or an address').or(z.ipv6()).optional(),
  RABBITMQ_PORT: whole(1, 65_535).optional(),
  RABBITMQ_USER: z.string().optional(),
  RABBITMQ_PASSWORD: z.string().optional(),
  RABBITMQ_VHOST: z.string().optional(),
  RABBITMQ_CA: certificates.optional(),
  CONSUMERS: count(5, 0, 100),
  PREFETCH: count(10, 1, 1000),
  EVENT_RETRIES: pauses.default([1, 10, 60, 300, 1800, 7200]),
})

/** The variables that say how to connect. */
export type RabbitmqAccess = Readonly<
  Pick<
    z.output<typeof rabbitmqVariables>,
    | 'RABBITMQ_URL'
    | 'RABBITMQ_HOST'
    | 'RABBITMQ_PORT'
    | 'RABBITMQ_USER'
    | 'RABBITMQ_PASSWORD'
    | 'RABBITMQ_VHOST'
    | 'RABBITMQ_CA'
  >
>

/** A RabbitMQ to connect to. */
export interface RabbitmqServer extends RabbitmqTarget {
  /** The only trusted authorities, in PEM. Undefined: those of Node.js, with NODE_EXTRA_CA_CERTS. */
  readonly ca: string | undefined
}

/** Reads the variables, which are valid. Null if there is no RabbitMQ. */
export function rabbitmqServer(access: RabbitmqAccess): RabbitmqServer | null {
  const { RABBITMQ_URL: url, RABBITMQ_HOST: host, RABBITMQ_CA: ca } = access
  if (url !== undefined) {
    const read = readRabbitmqUrl(url)
    if ('problem' in read) throw new Error(`RABBITMQ_URL ${read.problem}`)
    return { ...read, ca }
  }
  if (host === undefined) return null
  const { RABBITMQ_PORT: port = 5672, RABBITMQ_USER: user = '', RABBITMQ_PASSWORD: password = '' } = access
  return { host, port, user, password, vhost: access.RABBITMQ_VHOST ?? '/', tls: false, ca: undefined }
}

const PARTS = ['RABBITMQ_HOST', 'RABBITMQ_PORT', 'RABBITMQ_USER', 'RABBITMQ_PASSWORD', 'RABBITMQ_VHOST'] as const

/** What the variables of RabbitMQ must agree on. */
export function rabbitmqConflicts(env: Variables): string[] {
  const given = PARTS.filter((name) => env[name] !== undefined)
  const problems = []
  const url = env['RABBITMQ_URL']
  if (url !== undefined && given.length > 0)
    problems.push(`${given.join(', ')} and RABBITMQ_URL say the same: remove one of them`)
  if (url === undefined && given.length > 0)
    for (const name of ['RABBITMQ_HOST', 'RABBITMQ_USER', 'RABBITMQ_PASSWORD'] as const)
      if (env[name] === undefined) problems.push(`${name} is required with ${given.join(', ')}`)
  if (env['RABBITMQ_CA'] !== undefined && !url?.toLowerCase().startsWith('amqps:'))
    problems.push('RABBITMQ_CA has no effect without TLS: set RABBITMQ_URL to amqps://…')
  return problems
}
