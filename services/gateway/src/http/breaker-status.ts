// GET /circuit-breaker/status: the circuit breakers of the gateway that answers, for administrators.
import type { BreakerStatus } from '@postern/service/breakers'
import type { FastifyInstance } from 'fastify'
import type { Operation } from '../routes/rpc.js'

const OPERATION: Operation = { name: 'CircuitBreakerStatus', access: 'admin' }

export function registerBreakerStatus(http: FastifyInstance, breakers: () => readonly BreakerStatus[]): void {
  http.get('/circuit-breaker/status', { config: { operation: OPERATION } }, () => ({ breakers: breakers() }))
}
