import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createRequestFacts } from '@postern/service/requests/facts'

describe('the address of a client that has disconnected', () => {
  it.each([
    ['without proxies', [], {}],
    ['with trusted proxies', ['127.0.0.1'], {}],
    ['with trusted proxies and X-Forwarded-For', ['127.0.0.1'], { 'x-forwarded-for': '192.0.2.1' }],
  ])('is empty %s', (_, trustedProxies, headers) => {
    const request = Object.assign(new IncomingMessage(new Socket()), { headers })
    expect(createRequestFacts(trustedProxies).of(request).address).toBe('')
  })
})
