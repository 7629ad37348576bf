// What RabbitMQ and the role of a process must agree on.
import { type RabbitmqAccess, rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import type { Variables } from '@postern/service/values'

/** Whether a process with these variables processes events and sends what they cause: with RabbitMQ, only a worker does. */
export const processesEvents = (
  config: RabbitmqAccess & { readonly ROLE: 'service' | 'worker'; readonly CONSUMERS: number },
): boolean => config.ROLE === 'worker' || (config.CONSUMERS > 0 && rabbitmqServer(config) === null)

export function workerProblems(env: Variables): string[] {
  if (env['ROLE'] !== 'worker') return []
  const problems = []
  if (env['CONSUMERS'] === '0') problems.push('CONSUMERS must be at least 1 with ROLE=worker: a worker only consumes')
  if (env['PREFORK'] !== undefined && env['PREFORK'] !== 'false')
    problems.push('PREFORK has no effect with ROLE=worker: start several workers instead')
  return problems
}
