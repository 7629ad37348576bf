// The scenarios through the gateway's REST API. Requests and responses must be as its OpenAPI document says.
import { ERROR_STATUSES } from '@postern/contract/error-statuses'
import { expect } from 'vitest'
import { ADDRESS, USER_AGENT, type Door } from './door.js'
import type { OpenApi } from './openapi.js'

export function restDoor(url: string, api: OpenApi): Door {
  return {
    name: 'REST',
    close: () => undefined,
    async call(name, input, token) {
      const { verb, path, query, body } = api.request(name, input)
      const response = await fetch(`${url}${path}${query}`, {
        method: verb,
        headers: {
          'user-agent': USER_AGENT,
          'x-forwarded-for': ADDRESS,
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const answer = (await response.json()) as Record<string, any>
      expect(api.problemsOf(name, response, answer)).toEqual([])
      const requestId = response.headers.get('x-request-id') ?? ''
      if (response.ok) return { data: answer, refusal: null, requestId }
      const {
        type: _type,
        title: _title,
        status,
        detail: message,
        code,
        reason,
        fields = [],
        retryAfter,
        ...more
      } = answer
      const { requestId: repeated, instance: _instance, ...details } = more
      expect([status, repeated]).toEqual([response.status, requestId])
      expect(status).toBe(ERROR_STATUSES[code as keyof typeof ERROR_STATUSES].http)
      expect(response.headers.get('retry-after')).toBe(retryAfter === undefined ? null : String(retryAfter))
      return { data: null, refusal: { code, message, reason, fields, retryAfter, details }, requestId }
    },
  }
}
