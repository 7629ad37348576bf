import { describe, expect, it } from 'vitest'
import { createCheckProof } from '../../../src/services/tokens/index.js'
import { RFC_RESOURCE_REQUEST, RFC_THUMBPRINT, RFC_TOKEN_REQUEST } from '../../support/dpop.js'

const check = (urls: readonly string[] | null, now: number) =>
  createCheckProof({
    urls,
    used: { remember: () => Promise.resolve(true) },
    nonce: { secret: 'x'.repeat(32), required: false },
    now: () => now * 1000,
  })

describe('the proofs of RFC 9449', () => {
  it('are accepted by the service whose URLs they are for', async () => {
    for (const { proof, method, url, token, iat } of [RFC_TOKEN_REQUEST, RFC_RESOURCE_REQUEST]) {
      const { origin, pathname: path } = new URL(url)
      const request = { proof, method, host: 'localhost', path, token }
      expect(await check(['https://app.example.com', origin], iat)(request)).toMatchObject({
        thumbprint: RFC_THUMBPRINT,
      })
      await expect(check(['https://app.example.com'], iat)(request)).rejects.toMatchObject({
        code: 'INVALID_DPOP_PROOF',
      })
      // The clock of the client seems to be wrong: a nonce says what time it is.
      await expect(check([origin], iat + 61)(request)).rejects.toMatchObject({
        code: 'USE_DPOP_NONCE',
        details: { nonce: expect.stringMatching(/^\w+\.[\w-]{43}$/) as string },
      })
    }
  })

  it('are refused by a service that does not know its URL, whatever Host the client names', async () => {
    const { proof, method, iat } = RFC_TOKEN_REQUEST
    const request = { proof, method, host: 'server.example.com', path: '/token', token: null }
    for (const urls of [[], null]) await expect(check(urls, iat)(request)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})
