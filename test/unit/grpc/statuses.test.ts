import type { ServiceError as CallError } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { ServiceError } from '@postern/service/errors'
import { statusOf } from '@postern/service/grpc/statuses'
import { readFailure } from '../../support/grpc.js'

const read = (error: ServiceError) => {
  const status = statusOf(error, 'request-1')
  return { status, failure: readFailure(status as CallError) }
}

describe('the status of an error', () => {
  it('has what the error says for clients, and nothing of its cause', () => {
    const cause = new Error('the cause')
    const fields = [{ path: 'address.zipCode', message: 'Zip code is wrong.', code: 'INVALID_INPUT' as const }]
    const { status, failure } = read(new ServiceError('INVALID_INPUT', { fields, cause }))
    expect(failure).toEqual({
      ...{ status: 'INVALID_ARGUMENT', message: 'Check the marked fields.', code: 'INVALID_INPUT', domain: 'postern' },
      fields: [{ path: 'address.zip_code', message: 'Zip code is wrong.', code: 'INVALID_INPUT' }],
      ...{ info: {}, retryAfter: undefined, requestId: 'request-1' },
    })
    expect(status.metadata?.get('grpc-status-details-bin').toString()).not.toContain('the cause')
  })

  it('has the seconds until a retry', () => {
    const { failure } = read(new ServiceError('RATE_LIMITED', { retryAfter: 42 }))
    expect(failure).toMatchObject({ status: 'RESOURCE_EXHAUSTED', retryAfter: 42, fields: [] })
  })

  it('has the details as text, with the reason', () => {
    const details = { challenge: 'mfa_1', methods: ['TOTP', 'RECOVERY_CODE'], maxAge: 600 }
    const { failure } = read(new ServiceError('UNAUTHENTICATED', { details, reason: 'INVALID_CREDENTIALS' }))
    expect(failure.info).toEqual({
      ...{ challenge: 'mfa_1', methods: 'TOTP RECOVERY_CODE', maxAge: '600', reason: 'INVALID_CREDENTIALS' },
    })
  })

  it('has the nonce of a DPoP proof in the trailers as well', () => {
    const { status, failure } = read(new ServiceError('USE_DPOP_NONCE', { details: { nonce: 'n-1' } }))
    expect(status.metadata?.get('dpop-nonce')).toEqual(['n-1'])
    expect(failure.info).toEqual({ nonce: 'n-1' })
  })
})
