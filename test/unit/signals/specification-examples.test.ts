import { describe, expect, it } from 'vitest'
import { signalOf } from '../../../src/services/signals/event-types.js'
import { createTokenWriter, signalFor } from '../../../src/services/signals/security-event-tokens.js'

const STREAM = '0193f0a0-0000-7000-8000-00000000000a'
const EVENT = '0193f0a0-0000-7000-8000-00000000000b'

/** The claims of the token for an event, with the values of an example. */
function claimsOf(
  example: { iss: string; aud: string; sub: string; iat: number },
  event: Parameters<typeof signalOf>[0],
) {
  const signal = signalFor(STREAM, signalOf(event, example.iss), event)
  const written: Record<string, unknown>[] = []
  const write = createTokenWriter({ issuer: example.iss, sign: (claims) => `${written.push(claims)}` })
  write({ ...signal, createdAt: new Date(example.iat * 1000) }, example.aud)
  return written[0]
}

const envelope = (userId: string, seconds: number) => ({
  ...{ id: EVENT, userId, seq: 1, at: new Date(seconds * 1000), traceParent: null },
})

const own = { jti: expect.stringMatching(/^[\da-f]{32}$/) as string, txn: EVENT }

describe('a token has the form of the example in', () => {
  it('CAEP 1.0, section 3.1: session revoked, with a complex subject', () => {
    const example = { iss: 'https://idp.example.com/123456789/', aud: 'https://sp.example.com/caep', iat: 1615305159 }
    const sub = '99beb27c-c1c2-4955-882a-e0dc4996fcbc'
    const sessionId = 'dMTlD|1600802906337.16|16008.16'
    const data = { sessionId, except: null, reason: 'too_many_sessions' }
    expect(claimsOf({ ...example, sub }, { ...envelope(sub, 1615304991), type: 'session.revoked', data })).toEqual({
      ...example,
      ...own,
      sub_id: {
        format: 'complex',
        session: { format: 'opaque', id: sessionId },
        user: { format: 'iss_sub', iss: example.iss, sub },
      },
      events: {
        'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {
          initiating_entity: 'policy',
          reason_admin: { en: 'A rule of the service: too many sessions.' },
          event_timestamp: 1615304991,
        },
      },
    })
  })

  it('CAEP 1.0, section 3.3: credential change', () => {
    const example = { iss: 'https://idp.example.com/3456789/', aud: 'https://sp.example2.net/caep', iat: 1615305159 }
    const sub = 'jane.smith@example.com'
    const event = { ...envelope(sub, 1615304991), type: 'password.changed', data: { by: 'user' } } as const
    expect(claimsOf({ ...example, sub }, event)).toEqual({
      ...example,
      ...own,
      sub_id: { format: 'iss_sub', iss: example.iss, sub },
      events: {
        'https://schemas.openid.net/secevent/caep/event-type/credential-change': {
          credential_type: 'password',
          change_type: 'update',
          initiating_entity: 'user',
          reason_admin: { en: 'The user changed the password.' },
          event_timestamp: 1615304991,
        },
      },
    })
  })

  it('RISC 1.0, section 2.3: account disabled', () => {
    const example = { iss: 'https://idp.example.com/', aud: '636C69656E745F6964', iat: 1508184845 }
    const sub = '7375626A656374'
    const event = { ...envelope(sub, 1508184845), type: 'user.disabled', data: { by: 'operator' } } as const
    expect(claimsOf({ ...example, sub }, event)).toEqual({
      ...example,
      ...own,
      sub_id: { format: 'iss_sub', iss: example.iss, sub },
      events: {
        'https://schemas.openid.net/secevent/risc/event-type/account-disabled': { event_timestamp: 1508184845 },
      },
    })
  })
})

it('has another jti for each stream, and the same one at every attempt', () => {
  const event = { ...envelope('u', 1), type: 'user.deleted', data: { by: 'user' } } as const
  const signal = signalOf(event, 'https://idp.example.com')
  const [first, again, other] = [STREAM, STREAM, EVENT].map((stream) => signalFor(stream, signal, event).jti)
  expect(first).toBe(again)
  expect(first).not.toBe(other)
})

it('an account at a sign-in provider is a credential that is created and deleted', () => {
  const provider = 'google'
  const linked = { ...envelope('user', 1), type: 'oauth.linked', data: { provider, how: 'claimed' } } as const
  const unlinked = { ...envelope('user', 1), type: 'oauth.unlinked', data: { provider } } as const
  const changes = [linked, unlinked].map((event) => signalOf(event, 'https://auth.example.com').event['change_type'])
  expect(changes).toEqual(['create', 'delete'])
  expect(signalOf(linked, 'https://auth.example.com').event).toMatchObject({
    ...{ credential_type: 'federated', friendly_name: 'google', initiating_entity: 'user' },
  })
})
