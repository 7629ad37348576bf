// The variables of the processes: what they do, how many there are, how they log and how they stop.
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { seconds } from '@postern/service/values'

const prefork = z
  .string()
  .regex(/^(?:true|false|[1-9]\d?|1[01]\d|12[0-8])$/, 'must be true, false, or a number of processes from 1 to 128')
  .transform((value) => (value === 'true' || value === 'false' ? value === 'true' : Number(value)))

export const processVariables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ROLE: z.enum(['service', 'worker'], 'must be service or worker').default('service'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  SHUTDOWN_DELAY: seconds(0, 0, 600),
  SHUTDOWN_TIMEOUT: seconds(8, 1, 600),
  PREFORK: prefork.default(false),
})

/** How many processes serve. Each has its own pools and limits. */
export function processes({ PREFORK }: { PREFORK: number | boolean }): number {
  if (typeof PREFORK === 'number') return PREFORK
  return PREFORK ? Math.min(availableParallelism(), 128) : 1
}
