// The operations of the gateway itself, which no service has.
import type { FileRegistry } from '@bufbuild/protobuf'
import { MARK, success, type Operation, type Parts } from './operations.ts'
import type { Schema, Schemas } from './schemas.ts'

/** Schemas that no message has. */
export const gatewaySchemas: Record<string, Schema> = {
  PartProblem: {
    type: 'object',
    description: 'Why a part is missing.',
    properties: {
      part: { type: 'string', description: 'The name of the part.', examples: ['session'] },
      code: { type: 'string', description: 'What went wrong, for programs.' },
      message: { type: 'string', description: 'A sentence that can be shown to a person.' },
      retryAfter: { type: 'integer', description: 'In how many seconds the next attempt can succeed.' },
    },
    required: ['part', 'code', 'message'],
  },
  BreakerStatus: {
    type: 'object',
    description: 'The circuit breaker of a service.',
    properties: {
      name: { type: 'string', description: 'The service.' },
      state: {
        type: 'string',
        enum: ['closed', 'open', 'half-open'],
        description: '`open`: calls are refused at once.',
      },
      since: { type: 'string', format: 'date-time', description: 'When it entered this state.' },
    },
    required: ['name', 'state', 'since'],
  },
}

export function gatewayOperations(registry: FileRegistry, { schemas, problems }: Parts): Operation[] {
  return [
    {
      path: '/me/overview',
      verb: 'get',
      operation: {
        operationId: 'getOverview',
        summary: 'Returns what a start page needs',
        description:
          "Returns what a start page needs, in one response. What can't be read is null, and named in `errors`.",
        tags: ['Accounts'],
        responses: {
          ...success('The parts.', overview(registry, schemas)),
          ...problems.responses({ codes: [], isPublic: false, hasBody: false }),
        },
      },
    },
    {
      path: '/circuit-breaker/status',
      verb: 'get',
      operation: {
        operationId: 'getCircuitBreakerStatus',
        summary: 'Returns the state of the circuit breakers',
        description: 'Returns the state of the circuit breakers of the process that responds. For administrators.',
        tags: ['Operation'],
        responses: {
          ...success('The circuit breakers.', list('breakers', 'BreakerStatus')),
          ...problems.responses({ codes: ['FORBIDDEN'], isPublic: false, hasBody: false }),
        },
      },
    },
  ]
}

const list = (name: string, schema: string): Schema => ({
  type: 'object',
  properties: { [name]: { type: 'array', items: { $ref: `#/components/schemas/${schema}` } } },
  required: [name],
})

function overview(registry: FileRegistry, schemas: Schemas): Schema {
  const user = registry.getMessage('postern.auth.v1.User')
  const token = registry.getMessage('postern.auth.v1.ValidateTokenResponse')
  const sessions = registry.getMessage('postern.auth.v1.ListSessionsResponse')?.field['sessions']?.message
  const consent = registry.getMessage('postern.consent.v1.Consent')
  if (!user || !token || !sessions || !consent) throw new Error('The overview has parts of these messages.')
  const ofSession = token.fields.filter(({ name }) => !['valid', 'user_id'].includes(name))
  const errors = list('errors', 'PartProblem')
  return {
    type: 'object',
    properties: {
      profile: { anyOf: [schemas.ofMessage(user, 'response'), { type: 'null' }] },
      session: { anyOf: [schemas.ofFields(token, ofSession, 'response'), { type: 'null' }] },
      sessions: { type: ['array', 'null'], items: schemas.ofMessage(sessions, 'response') },
      consents: { type: ['array', 'null'], items: schemas.ofMessage(consent, 'response'), [MARK]: 'consent' },
      unreadNotifications: { type: ['integer', 'null'], [MARK]: 'notification' },
      ...(errors['properties'] as Schema),
    },
    required: ['profile', 'session', 'sessions', 'consents', 'unreadNotifications', 'errors'],
  }
}
