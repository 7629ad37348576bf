import { createBreakerSet } from '@postern/service/breaker-set'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConsent } from '../../../src/upstreams/consent/index.js'
import type { SignedIn } from '../../support/client.js'
import { type RunningConsent, startConsent } from '../../support/consent.js'
import { type Service, startService } from '../../support/service.js'
import { serviceKey } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'

const PURPOSE = 'integrations.read'

const CONSENT = '{ id purpose state valid textVersion language textOutdated scopes grantedAt expiresAt revokedAt }'
const GRANT = `mutation ($input: GrantConsentInput!) { grantConsent(input: $input) ${CONSENT} }`
const REVOKE = `mutation ($purpose: String!) { revokeConsent(purpose: $purpose) ${CONSENT} }`
const PURPOSES =
  '{ consentPurposes { name title text textVersion language scopes lifetimeDays data recipients retention } }'
const LIST = `query ($first: Int, $after: ID, $last: Int, $before: ID) {
  myConsents(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { purpose } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`
const HISTORY = `query ($purpose: String, $first: Int, $after: String) {
  consentHistory(purpose: $purpose, first: $first, after: $after) {
    entries { sequence type purpose textVersion recordedBy source ipAddress userAgent } nextPage
  }
}`
const EXPORT =
  'mutation ($format: ConsentExportFormat!) { exportMyConsents(format: $format) { fileName mediaType content } }'

let [consent, service, user] = [] as unknown as [RunningConsent, Service, SignedIn]
beforeAll(async () => {
  consent = await startConsent()
  service = await startService(consent.access)
  user = await service.signUp()
})
afterAll(async () => {
  await service.stop()
  await consent.stop()
})

const ask = async (query: string, variables: object = {}, by = user) => service.succeed(query, variables, by.token)

const grant = async (purpose: string, by = user) =>
  (await ask(GRANT, { input: { purpose, textVersion: 1 } }, by)).grantConsent as Record<string, unknown>

describe('a signed-in person', () => {
  it('reads what can be agreed to, agrees, and withdraws it with one call', async () => {
    const { consentPurposes } = await service.succeed(PURPOSES)
    expect(consentPurposes).toHaveLength(9)
    expect(consentPurposes).toContainEqual(
      expect.objectContaining({ name: PURPOSE, textVersion: 1, lifetimeDays: 365 }),
    )

    const granted = await grant(PURPOSE)
    expect(granted).toMatchObject({ purpose: PURPOSE, state: 'GRANTED', valid: true, textVersion: 1, revokedAt: null })
    const { revokeConsent } = await ask(REVOKE, { purpose: PURPOSE })
    expect(revokeConsent).toMatchObject({ id: granted['id'], state: 'REVOKED', valid: false })
    expect(Date.parse(String(revokeConsent.revokedAt))).toBeGreaterThanOrEqual(Date.parse(String(granted['grantedAt'])))
  })

  it('sees their own consents in pages, and nobody else does', async () => {
    const other = await service.signUp()
    const names = ['integrations.read', 'integrations.write', 'user.profile']
    for (const purpose of names) await grant(purpose, other)
    const page = async (args: object) => (await ask(LIST, args, other)).myConsents
    const all = await page({})
    expect(all.edges).toMatchObject(names.map((purpose) => ({ node: { purpose } })))
    const first = await page({ first: 2 })
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const second = await page({ first: 2, after: first.pageInfo.endCursor })
    expect(second.edges).toEqual([all.edges[2]])
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const back = await page({ last: 1, before: second.pageInfo.startCursor })
    expect(back.edges).toEqual([all.edges[1]])
    const own = (await ask(LIST)).myConsents.edges as { node: { purpose: string } }[]
    expect(own.map(({ node }) => node.purpose)).toEqual([PURPOSE])
  })

  it('reads what happened, from where it was done, and takes it along as a file', async () => {
    const { consentHistory } = await ask(HISTORY, { purpose: PURPOSE, first: 1 })
    expect(consentHistory.entries).toEqual([
      expect.objectContaining({
        sequence: 2,
        type: 'REVOKED',
        purpose: PURPOSE,
        recordedBy: 'service:auth',
        source: 'account',
      }),
    ])
    expect(consentHistory.entries[0]).toMatchObject({ ipAddress: '127.0.0.1', userAgent: expect.any(String) })
    const next = await ask(HISTORY, { first: 1, after: consentHistory.nextPage })
    expect(next.consentHistory.entries).toMatchObject([{ sequence: 1, type: 'GRANTED' }])

    const { exportMyConsents: json } = await ask(EXPORT, { format: 'JSON' })
    expect([json.mediaType, JSON.stringify(JSON.parse(json.content as string))]).toEqual([
      'application/json',
      expect.stringContaining(PURPOSE),
    ])
    const { exportMyConsents: csv } = await ask(EXPORT, { format: 'CSV' })
    expect([csv.mediaType, csv.fileName]).toEqual([
      expect.stringMatching(/^text\/csv/),
      expect.stringMatching(/\.csv$/),
    ])
  })

  it('is told where to get a history that is too long for one response', async () => {
    const breakers = createBreakerSet(() => () => undefined)
    const connection = openConsent({
      ...{ address: { target: consent.grpcUrl, tls: false }, key: serviceKey('auth'), breakers },
      longestExport: 100,
    })
    await expect(connection.records.export(user.id, 'JSON', {})).rejects.toMatchObject({
      ...{ code: 'FORBIDDEN', message: expect.stringContaining('GET /consents:export') },
    })
    connection.close()
    breakers.close()
  })

  it('is told what is wrong', async () => {
    const codeOf = async (query: string, variables: object) =>
      (await service.graphql(query, variables, user.token)).code
    expect(await codeOf(GRANT, { input: { purpose: PURPOSE, textVersion: 7 } })).toBe('CONSENT_TEXT_OUTDATED')
    expect(await codeOf(GRANT, { input: { purpose: 'nothing', textVersion: 1 } })).toMatch(
      /^(NOT_FOUND|INVALID_INPUT)$/,
    )
    expect(await codeOf(GRANT, { input: { purpose: PURPOSE, textVersion: 0 } })).toBe('INVALID_INPUT')
    expect(await codeOf(REVOKE, { purpose: 'nothing' })).toBe('NOT_FOUND')
    expect(await codeOf(REVOKE, { purpose: 'workflows.execute' })).toBe('NOT_FOUND')
    expect(await codeOf(HISTORY, { after: 'nonsense' })).toBe('INVALID_INPUT')
    expect(await codeOf(LIST, { first: 101 })).toBe('INVALID_INPUT')
    for (const query of [LIST, HISTORY]) expect((await service.graphql(query)).code).toBe('UNAUTHENTICATED')
  })

  it('takes their consents along with the data of the account', async () => {
    const { exportMyData } = await ask('mutation { exportMyData { json } }')
    const document = JSON.parse(exportMyData.json as string) as Record<string, unknown>
    expect(JSON.stringify(document['consents'])).toContain(PURPOSE)
    expect(document).not.toHaveProperty('missing')
  })
})

describe('while the consent service is away', () => {
  beforeAll(() => consent.pause())

  it('consents say so and when to try again, everything else works, and the service is degraded', async () => {
    const { errors } = await service.graphql(LIST, {}, user.token)
    expect(errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: expect.any(Number) })
    const both = await service.graphql(`{ profile { id } consentPurposes { name } }`, {}, user.token)
    expect([both.code, both.data]).toEqual(['SERVICE_UNAVAILABLE', { profile: { id: user.id }, consentPurposes: null }])
    const { token } = await service.login(user)
    expect((await service.succeed('{ profile { id } }', {}, token)).profile.id).toBe(user.id)
    const health = (await (await fetch(`${service.url}/health`)).json()) as { status: string; components: object }
    expect(health).toMatchObject({ status: 'degraded', components: { consent: { state: 'down' } } })
    const exported = await ask('mutation { exportMyData { json } }')
    expect(JSON.parse(exported.exportMyData.json as string)).toMatchObject({
      consents: null,
      missing: [{ name: 'consents', code: 'SERVICE_UNAVAILABLE', message: expect.any(String) as string }],
    })
  })

  it('they work again when it is back', async () => {
    await consent.restart()
    await until('consents are there', async () => (await service.graphql(LIST, {}, user.token)).errors.length === 0)
  })
})

it('without the service, the operations say that there are no consents, and the policy does', async () => {
  const without = await startService()
  const { token } = await without.signUp()
  for (const query of ['{ consentPurposes { name } }', LIST, HISTORY]) {
    const { code, errors } = await without.graphql(query, {}, token)
    expect([code, errors[0]?.message]).toEqual(['FORBIDDEN', expect.stringContaining('no consents')])
  }
  expect((await without.succeed('{ policy { consentsEnabled notificationsEnabled } }')).policy).toEqual({
    consentsEnabled: false,
    notificationsEnabled: false,
  })
  expect((await service.succeed('{ policy { consentsEnabled } }')).policy).toEqual({ consentsEnabled: true })
  const exported = await without.succeed('mutation { exportMyData { json } }', {}, token)
  expect(JSON.parse(exported.exportMyData.json as string)).not.toHaveProperty('consents')
  await without.stop()
})
