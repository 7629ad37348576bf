// The error responses of operations: problem details (RFC 9457), by status and code.
import { STATUS_CODES } from 'node:http'
import { ERROR_STATUSES } from '@postern/contract/error-statuses'
import { headersOfProblem } from './headers.ts'
import { pascalCase } from './names.ts'
import type { Schema } from './schemas.ts'

/** Codes of every operation. INVALID_INPUT is also an unknown parameter. */
const ANY = ['INVALID_INPUT', 'RATE_LIMITED', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'TIMEOUT']
/** Codes of operations that need an access token. */
const WITH_TOKEN = ['UNAUTHENTICATED', 'INVALID_DPOP_PROOF', 'USE_DPOP_NONCE']

/** The schema of every error response. */
export const PROBLEM: Schema = {
  type: 'object',
  description: 'An error (RFC 9457). Rely on `code`: texts may change, codes do not.',
  properties: {
    type: { type: 'string', description: '`about:blank`, or the URI of a registered type of problems.' },
    title: { type: 'string', description: 'The name of the status.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'A sentence that can be shown to a person.' },
    code: { type: 'string', description: 'What went wrong, for programs.' },
    reason: { type: 'string', description: 'Distinguishes errors with the same code.' },
    fields: {
      type: 'array',
      description: 'The invalid fields of the request.',
      items: { $ref: '#/components/schemas/FieldProblem' },
    },
    retryAfter: { type: 'integer', description: 'In how many seconds the next attempt can succeed.' },
    challenge: { type: 'string', description: 'Of `MFA_REQUIRED`: send it with the code.' },
    methods: { type: 'array', items: { type: 'string' }, description: 'Of `MFA_REQUIRED`: the kinds of codes.' },
    expiresAt: { type: 'string', format: 'date-time', description: 'Of `MFA_REQUIRED`: when the challenge is over.' },
    dueAt: { type: 'string', format: 'date-time', description: 'Of `ACCOUNT_DELETION_PENDING`: when it is erased.' },
    requestId: { type: 'string', description: 'The id of the request in logs and traces.' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
}

export const FIELD_PROBLEM: Schema = {
  type: 'object',
  description: 'What is wrong with one field of the request.',
  properties: {
    path: { type: 'string', description: 'The field, with dots between parts.', examples: ['address.zipCode'] },
    message: { type: 'string', description: 'A sentence that can be shown next to the field.' },
    code: { type: 'string', description: 'Why: `INVALID_INPUT`, or a code of its own such as `EMAIL_EXISTS`.' },
  },
  required: ['path', 'message', 'code'],
}

/** The gateway's own: a service did not respond in time. */
const TIMEOUT = { http: 504 }

const statuses: Readonly<Record<string, { http: number } | undefined>> = { ...ERROR_STATUSES, TIMEOUT }

function statusOf(code: string): number {
  const status = statuses[code]
  if (!status) throw new Error(`${code} is no code of an error.`)
  return status.http
}

/** Of operations with a body: it is no JSON, too large, or of another type. */
const BODY_STATUSES = [400, 413, 415]

interface Facts {
  /** The codes that only this operation has. */
  codes: readonly string[]
  isPublic: boolean
  hasBody: boolean
}

const exampleOf = (status: number, code: string): Schema => ({
  type: 'about:blank',
  title: STATUS_CODES[status],
  status,
  detail: 'A sentence that can be shown to a person.',
  code,
  ...(code === 'RATE_LIMITED' && { retryAfter: 60 }),
  requestId: '0f6f7a0c-7f0f-4c0e-9d3e-4d4b7b1f2a55',
})

/** Makes the error responses, and collects those that several operations have. */
export function createProblems() {
  const shared = new Map<string, Schema>()

  function responses({ codes, isPublic, hasBody }: Facts): Schema {
    const byCode = new Set([...(isPublic ? [] : WITH_TOKEN), ...codes, ...ANY])
    const all = [
      ...(hasBody ? BODY_STATUSES.map((status) => ({ status, code: 'BAD_REQUEST' })) : []),
      ...[...byCode].map((code) => ({ status: statusOf(code), code })),
    ]
    const byStatus = Object.entries(Object.groupBy(all, ({ status }) => status))
    return Object.fromEntries(
      byStatus.map(([status, found = []]) => [
        status,
        response(
          Number(status),
          found.map(({ code }) => code),
        ),
      ]),
    )
  }

  /** A response with one code has its name, so that operations share it. */
  function response(status: number, codes: readonly string[]): Schema {
    const [only = '', ...others] = codes
    if (others.length > 0) return define(status, codes)
    const name = `${pascalCase(only)}${statusOf(only) === status ? '' : String(status)}`
    shared.set(name, define(status, codes))
    return { $ref: `#/components/responses/${name}` }
  }

  const define = (status: number, codes: readonly string[]): Schema => ({
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: headersOfProblem(status),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
          ],
        },
        example: exampleOf(status, codes[0] ?? ''),
      },
    },
  })

  return { responses, shared: () => Object.fromEntries([...shared].toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

export type Problems = ReturnType<typeof createProblems>
