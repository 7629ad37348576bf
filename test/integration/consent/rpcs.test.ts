import { timestampDate } from '@bufbuild/protobuf/wkt'
import { ConsentState, ConsentEventType, ExportFormat, InvalidConsentReason } from '@postern/proto/consent'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { grantOf, newUser, type RunningConsent, startConsent } from '../../support/consent.js'
import { failureOf } from '../../support/grpc.js'
import { startTokenIssuer } from '../../support/token-issuer.js'
import { until } from '../../support/wait.js'

const DAY_MS = 86_400_000

let issuer: Awaited<ReturnType<typeof startTokenIssuer>>
let consent: RunningConsent

beforeAll(async () => {
  issuer = await startTokenIssuer()
  consent = await startConsent()
})
afterAll(async () => {
  await consent.stop()
  await issuer.stop()
})

const isValid = async (userId: string, purpose: string, scopes: string[] = []) =>
  (await consent.rpc.validateConsent({ userId, purpose, scopes }, consent.asService)).valid

describe('a consent', () => {
  it('is valid once a user has given it, and not before or after a withdrawal', async () => {
    const [user, purpose] = [newUser(), 'integrations.read']
    const before = await consent.rpc.validateConsent({ purpose }, consent.as(user))
    expect(before).toMatchObject({ valid: false, reason: InvalidConsentReason.NOT_GIVEN, consentId: '' })
    const { consent: given, changed } = await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    expect(changed).toBe(true)
    expect(given).toMatchObject({ userId: user, purpose, state: ConsentState.GRANTED, textVersion: 1, valid: true })
    const [grantedAt, expiresAt] = [given?.grantedAt, given?.expiresAt].map((at) => at && timestampDate(at).getTime())
    expect(Number(expiresAt) - Number(grantedAt)).toBe(365 * DAY_MS)

    const valid = await consent.rpc.validateConsent({ userId: user, purpose }, consent.asService)
    expect(valid).toMatchObject({ valid: true, consentId: given?.id, textVersion: 1, textOutdated: false })
    const revoked = await consent.rpc.revokeConsent({ purpose }, consent.as(user))
    expect(revoked).toMatchObject({
      changed: true,
      consents: [{ id: given?.id, state: ConsentState.REVOKED, valid: false }],
    })
    const after = await consent.rpc.validateConsent({ userId: user, purpose }, consent.asService)
    expect(after).toMatchObject({ valid: false, reason: InvalidConsentReason.REVOKED, consentId: '' })
  })

  it('is for the scopes that were chosen, and a new grant replaces them', async () => {
    const [user, purpose] = [newUser(), 'user.profile']
    await consent.rpc.grantConsent(grantOf(purpose, { scopes: ['name', 'email', 'name'] }), consent.as(user))
    expect(await isValid(user, purpose, ['email'])).toBe(true)
    const other = await consent.rpc.validateConsent({ userId: user, purpose, scopes: ['phone'] }, consent.asService)
    expect(other.reason).toBe(InvalidConsentReason.SCOPE_MISSING)
    await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    expect(await isValid(user, purpose, ['phone', 'address'])).toBe(true)
  })

  it('is renewed by a later grant, and not by the same one again', async () => {
    const [user, purpose] = [newUser(), 'workflows.share']
    const { consent: first } = await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    expect(await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))).toMatchObject({ changed: false })
    const [row] = await consent.database.query<{ count: number }>(
      'SELECT COUNT(*) AS count FROM consent_history WHERE user_id = ?',
      [user],
    )
    expect(Number(row?.count)).toBe(1)
    await consent.rpc.revokeConsent({ purpose }, consent.as(user))
    const again = await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    expect(again).toMatchObject({ changed: true, consent: { id: first?.id, state: ConsentState.GRANTED } })
    expect(await isValid(user, purpose)).toBe(true)
  })

  it('does not change with an idempotency key that was used, whatever happened since', async () => {
    const [user, purpose] = [newUser(), 'user.activity']
    const [grant, revoke] = [grantOf(purpose, { idempotencyKey: 'grant 1' }), { purpose, idempotencyKey: 'revoke 1' }]
    await consent.rpc.grantConsent(grant, consent.as(user))
    await consent.rpc.revokeConsent(revoke, consent.as(user))
    const repeated = await consent.rpc.grantConsent(grant, consent.as(user))
    expect(repeated).toMatchObject({ changed: false, consent: { state: ConsentState.REVOKED } })
    await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    expect(await consent.rpc.revokeConsent(revoke, consent.as(user))).toMatchObject({ changed: false })
    expect(await isValid(user, purpose)).toBe(true)
    const failure = await failureOf(
      consent.rpc.grantConsent(grantOf('user.profile', { idempotencyKey: 'revoke 1' }), consent.as(user)),
    )
    expect(failure.fields).toMatchObject([{ path: 'idempotency_key' }])
  })

  it('can be withdrawn with all others at once', async () => {
    const user = newUser()
    for (const purpose of ['user.activity', 'workflows.execute', 'analytics.usage'])
      await consent.rpc.grantConsent(grantOf(purpose), consent.as(user))
    await consent.rpc.revokeConsent({ purpose: 'user.activity' }, consent.as(user))
    const { consents, changed } = await consent.rpc.revokeConsent({ all: true }, consent.as(user))
    expect(changed).toBe(true)
    expect(consents.map(({ state }) => state)).toEqual(Array<ConsentState>(3).fill(ConsentState.REVOKED))
    expect((await consent.verify(user)).finding).toBeNull()
    expect(await consent.rpc.revokeConsent({ all: true }, consent.as(newUser()))).toMatchObject({ changed: false })
  })

  it('says where it was given: what a service says of the person, and what the call of a user shows', async () => {
    const user = newUser()
    const collectionPoint = { address: '192.0.2.7', userAgent: 'Safari', source: 'settings' }
    await consent.rpc.grantConsent(
      grantOf('user.profile', { userId: user, collectionPoint, jurisdiction: 'DE' }),
      consent.asService,
    )
    await consent.rpc.grantConsent(grantOf('analytics.usage', { collectionPoint: { source: 'web' } }), consent.as(user))
    const { events } = await consent.rpc.getConsentHistory({ userId: user }, consent.asService)
    expect(events).toMatchObject([
      { sequence: 2n, recordedBy: 'user', source: 'web', address: '127.0.0.1' },
      {
        sequence: 1n,
        recordedBy: 'service:workflow',
        ...collectionPoint,
        jurisdiction: 'DE',
        controller: { name: 'Acme' },
      },
    ])
    expect(events[0]?.userAgent).toContain('grpc-node-js')
  })
})

describe('many questions', () => {
  it('are answered in their order, by one statement', async () => {
    const users = Array.from({ length: 250 }, newUser)
    const given = users.filter((_, i) => i % 5 === 0)
    await Promise.all(
      given.map((userId) => consent.rpc.grantConsent(grantOf('workflows.execute', { userId }), consent.asService)),
    )
    const checks = users.flatMap((userId) =>
      ['workflows.execute', 'analytics.usage', 'user.profile', 'workflows.execute'].map((purpose) => ({
        userId,
        purpose,
      })),
    )
    const selects = async () => {
      const [row] = await consent.database.query<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Handler_read_key'")
      return Number(row?.Value)
    }
    // A look-up in the primary key for each pair: not more, as without the index, and hardly anything else. Others use the server,
    // too, but not all the time.
    const { results } = await until('the statement takes a look-up for each pair', async () => {
      const before = await selects()
      const answer = await consent.rpc.bulkValidateConsents({ checks }, consent.asService)
      return (await selects()) - before < 1.5 * 750 && answer
    })
    expect(results.map(({ valid }) => valid)).toEqual(users.flatMap((_, i) => [i % 5 === 0, false, false, i % 5 === 0]))
  })
})

describe('what a user can see', () => {
  it('are the purposes, in a language that they read, without an account', async () => {
    const { purposes, controller } = await consent.rpc.listPurposes({ language: 'de' })
    expect(purposes).toHaveLength(9)
    expect(purposes.find(({ name }) => name === 'user.profile')).toMatchObject({
      ...{ textVersion: 1, language: 'en', lifetimeDays: 365, scopes: ['address', 'email', 'name', 'phone'] },
      textHash: expect.stringMatching(/^[\da-f]{64}$/) as string,
    })
    expect(controller?.name).toBe('Acme')
  })

  it('are their consents, and their history in pages', async () => {
    const user = newUser()
    for (const purpose of ['user.profile', 'analytics.usage'])
      for (const change of ['grantConsent', 'revokeConsent'] as const)
        await consent.rpc[change](grantOf(purpose), consent.as(user))
    const { consents } = await consent.rpc.listConsents({}, consent.as(user))
    expect(consents.map(({ purpose }) => purpose)).toEqual(['analytics.usage', 'user.profile'])
    const found = await consent.rpc.getConsent({ purpose: 'user.profile' }, consent.as(user))
    expect(found.consent).toEqual(consents[1])

    const page = (pageToken: string) =>
      consent.rpc.getConsentHistory({ pagination: { pageSize: 3, pageToken } }, consent.as(user))
    const first = await page('')
    const second = await page(first.pagination?.nextPageToken ?? '')
    expect([...first.events, ...second.events].map(({ sequence }) => sequence)).toEqual([4n, 3n, 2n, 1n])
    expect(second.pagination?.nextPageToken).toBe('')
    const { events } = await consent.rpc.getConsentHistory({ purpose: 'user.profile' }, consent.as(user))
    expect(events.map(({ type }) => type)).toEqual([ConsentEventType.REVOKED, ConsentEventType.GRANTED])
  })

  it('is an export of everything, in JSON and CSV, in pages if it is long', async () => {
    const user = newUser()
    const base = { userId: user, language: 'en', textHash: 'h', scopes: [], textVersion: 1, jurisdiction: null }
    for (let i = 0; i < 501; i++) {
      const at = new Date(Date.now() - DAY_MS + i)
      await consent.recordAt(at, {
        ...{ ...base, id: user, purpose: 'user.profile', state: 'GRANTED', grantedAt: at },
        ...{ expiresAt: new Date(Date.now() + DAY_MS), revokedAt: null },
      })
    }
    const exported = async (format: ExportFormat) => {
      let [text, pageToken, pages] = ['', '', 0]
      do {
        const page = await consent.rpc.exportUserConsents({ format, pageToken }, consent.as(user))
        text += page.content
        pageToken = page.nextPageToken
        pages += 1
      } while (pageToken !== '')
      return { text, pages }
    }
    const json = await exported(ExportFormat.JSON)
    expect(json.pages).toBe(2)
    const { nextPageToken: token } = await consent.rpc.exportUserConsents({}, consent.as(user))
    for (const [request, as] of [
      [{ pageToken: '500-501' }, consent.as(user)],
      [{ pageToken: token.replace(/^500-/, '400-') }, consent.as(user)],
      [{ pageToken: token, format: ExportFormat.CSV }, consent.as(user)],
      [{ pageToken: token, userId: user }, consent.as(newUser(), ['USER', 'ADMIN'])],
      [{ pageToken: token, userId: user }, consent.asService],
    ] as const)
      expect((await failureOf(consent.rpc.exportUserConsents(request, as))).fields).toMatchObject([
        { path: 'page_token' },
      ])
    const file = JSON.parse(json.text) as Record<string, Record<string, unknown>[]>
    expect(file['history']).toHaveLength(501)
    expect(file['consents']).toMatchObject([{ purpose: 'user.profile', state: 'GRANTED' }])
    expect(file['texts']).toMatchObject([{ purpose: 'user.profile', version: 1, title: 'Use your profile' }])
    const csv = await exported(ExportFormat.CSV)
    expect(csv.text.split('\r\n')).toHaveLength(1 + 1 + 1 + 501 + 1)
  })
})

describe('the one who calls', () => {
  const user = newUser()
  const CALLS: [rpc: string, call: (userId: string, as: object) => Promise<unknown>, mayAdminsRead: boolean][] = [
    ['grantConsent', (userId, as) => consent.rpc.grantConsent(grantOf('user.profile', { userId }), as), false],
    ['revokeConsent', (userId, as) => consent.rpc.revokeConsent({ userId, purpose: 'user.profile' }, as), false],
    ['validateConsent', (userId, as) => consent.rpc.validateConsent({ userId, purpose: 'user.profile' }, as), true],
    [
      'bulkValidateConsents',
      (userId, as) => consent.rpc.bulkValidateConsents({ checks: [{ userId, purpose: 'user.profile' }] }, as),
      true,
    ],
    ['getConsent', (userId, as) => consent.rpc.getConsent({ userId, purpose: 'user.profile' }, as), true],
    ['listConsents', (userId, as) => consent.rpc.listConsents({ userId }, as), true],
    ['getConsentHistory', (userId, as) => consent.rpc.getConsentHistory({ userId }, as), true],
    ['exportUserConsents', (userId, as) => consent.rpc.exportUserConsents({ userId }, as), true],
    ['verifyHistory', (userId, as) => consent.rpc.verifyHistory({ userId }, as), true],
  ]

  it.each(CALLS)('of %s acts for the right user', async (rpc, call, mayAdminsRead) => {
    await consent.rpc.grantConsent(grantOf('user.profile', { userId: user }), consent.asService)
    expect(await failureOf(call(user, {}))).toMatchObject({ status: 'UNAUTHENTICATED', code: 'UNAUTHENTICATED' })
    expect((await failureOf(call(user, consent.as(newUser())))).code).toBe('FORBIDDEN')
    await call(user, consent.asService)
    if (rpc === 'verifyHistory') expect((await failureOf(call(user, consent.as(user)))).code).toBe('FORBIDDEN')
    else await call(user, consent.as(user))
    if (mayAdminsRead) await call(user, consent.as(newUser(), ['USER', 'ADMIN']))
    else expect((await failureOf(call(user, consent.as(newUser(), ['ADMIN'])))).code).toBe('FORBIDDEN')
    if (rpc !== 'verifyHistory')
      expect((await failureOf(call('', consent.asService))).fields).toMatchObject([
        { path: expect.stringMatching(/user_id$/) as string },
      ])
  })

  it('may be refused for a while: a user who calls too often, and no service', async () => {
    const often = consent.as(newUser())
    const failures = await Promise.all(
      Array.from({ length: 70 }, () =>
        consent.rpc.revokeConsent({ purpose: 'user.profile' }, often).then(
          () => null,
          (error: unknown) => (error as { code: number }).code,
        ),
      ),
    )
    expect(failures.filter((code) => code !== null)).toEqual(Array<number>(10).fill(8))
    const failure = await failureOf(consent.rpc.revokeConsent({ purpose: 'user.profile' }, often))
    expect(failure.code).toBe('RATE_LIMITED')
    expect(failure.retryAfter).toBeGreaterThan(0)
  })

  it('is not counted for pages of an export that it was not given: such a call needs no proof of a key', async () => {
    const user = consent.as(newUser())
    const pages = Array.from({ length: 310 }, () => failureOf(consent.rpc.exportUserConsents({ pageToken: 'x' }, user)))
    expect(new Set((await Promise.all(pages)).map(({ code }) => code))).toEqual(new Set(['INVALID_INPUT']))
    expect((await consent.rpc.listConsents({}, user)).consents).toEqual([])
  })
})

describe('a request', () => {
  const user = newUser()
  it.each<[what: string, call: () => Promise<unknown>, code: string, field: string | undefined]>([
    [
      'for an unknown purpose',
      () => consent.rpc.grantConsent(grantOf('user.unknown'), consent.as(user)),
      'INVALID_INPUT',
      'purpose',
    ],
    ['without a purpose', () => consent.rpc.validateConsent({}, consent.as(user)), 'INVALID_INPUT', 'purpose'],
    [
      'for an unknown scope',
      () => consent.rpc.grantConsent(grantOf('user.profile', { scopes: ['x'] }), consent.as(user)),
      'INVALID_INPUT',
      'scopes',
    ],
    [
      'without the version of the text',
      () => consent.rpc.grantConsent({ purpose: 'user.profile' }, consent.as(user)),
      'INVALID_INPUT',
      'text_version',
    ],
    [
      'for another version of the text',
      () => consent.rpc.grantConsent(grantOf('user.profile', { textVersion: 2 }), consent.as(user)),
      'CONSENT_TEXT_OUTDATED',
      undefined,
    ],
    [
      'for a language without a text',
      () => consent.rpc.grantConsent(grantOf('user.profile', { language: 'de' }), consent.as(user)),
      'INVALID_INPUT',
      'language',
    ],
    [
      'with a user who is none',
      () => consent.rpc.listConsents({ userId: 'ada' }, consent.asService),
      'INVALID_INPUT',
      'user_id',
    ],
    [
      'with an address of its own choice',
      () =>
        consent.rpc.grantConsent(
          grantOf('user.profile', { collectionPoint: { address: '192.0.2.1' } }),
          consent.as(user),
        ),
      'INVALID_INPUT',
      'collection_point',
    ],
    [
      'with a source in another form',
      () => consent.rpc.grantConsent(grantOf('user.profile', { collectionPoint: { source: 'A b' } }), consent.as(user)),
      'INVALID_INPUT',
      'collection_point.source',
    ],
    [
      'with an unknown jurisdiction',
      () => consent.rpc.grantConsent(grantOf('user.profile', { jurisdiction: 'Germany' }), consent.as(user)),
      'INVALID_INPUT',
      'jurisdiction',
    ],
    [
      'with a long idempotency key',
      () => consent.rpc.revokeConsent({ purpose: 'user.profile', idempotencyKey: 'x'.repeat(65) }, consent.as(user)),
      'INVALID_INPUT',
      'idempotency_key',
    ],
    [
      'to revoke neither one nor all',
      () => consent.rpc.revokeConsent({}, consent.as(user)),
      'INVALID_INPUT',
      'purpose',
    ],
    [
      'to revoke one and all',
      () => consent.rpc.revokeConsent({ purpose: 'user.profile', all: true }, consent.as(user)),
      'INVALID_INPUT',
      'purpose',
    ],
    [
      'to revoke what does not exist',
      () => consent.rpc.revokeConsent({ purpose: 'user.unknown' }, consent.as(user)),
      'NOT_FOUND',
      undefined,
    ],
    [
      'for a consent that was never given',
      () => consent.rpc.getConsent({ purpose: 'user.profile' }, consent.as(user)),
      'NOT_FOUND',
      undefined,
    ],
    ['without questions', () => consent.rpc.bulkValidateConsents({}, consent.as(user)), 'INVALID_INPUT', 'checks'],
    [
      'with too many questions',
      () =>
        consent.rpc.bulkValidateConsents(
          { checks: Array.from({ length: 1001 }, () => ({ purpose: 'user.profile' })) },
          consent.as(user),
        ),
      'INVALID_INPUT',
      'checks',
    ],
    [
      'with an unknown purpose among many',
      () =>
        consent.rpc.bulkValidateConsents(
          { checks: [{ purpose: 'user.profile' }, { purpose: 'user.unknown' }] },
          consent.as(user),
        ),
      'INVALID_INPUT',
      'checks.1.purpose',
    ],
    [
      'for a page that is none',
      () => consent.rpc.getConsentHistory({ pagination: { pageToken: 'x' } }, consent.as(user)),
      'INVALID_INPUT',
      'pagination.page_token',
    ],
    [
      'for a page of an export that is none',
      () => consent.rpc.exportUserConsents({ pageToken: 'x' }, consent.as(user)),
      'INVALID_INPUT',
      'page_token',
    ],
    [
      'to verify the history of no one',
      () => consent.rpc.verifyHistory({}, consent.asService),
      'INVALID_INPUT',
      'user_id',
    ],
  ])('%s is refused', async (_, call, code, field) => {
    const failure = await failureOf(call())
    expect(failure.code).toBe(code)
    expect(failure.fields[0]?.path).toBe(field)
  })
})
