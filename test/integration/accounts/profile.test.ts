import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique, type SignedIn } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let ada: SignedIn

beforeAll(async () => {
  // Other files test holds and the limit of renames.
  service = await startService({ USERNAME_HOLD: '0', USERNAME_RENAMES: '1000/1' })
  ada = await service.signUp()
})
afterAll(() => service.stop())

const FIELDS = `id email username firstName lastName phoneNumber address { streetName city state zipCode country }
  role isEmailVerified marketingOptIn termsAcceptedAt lastLoginAt createdAt updatedAt`
const UPDATE = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { ${FIELDS} } }`

const update = async (input: object, who = ada) => (await service.succeed(UPDATE, { input }, who.token)).updateProfile
const updateCode = async (input: object, who = ada) => (await service.graphql(UPDATE, { input }, who.token)).code

/** A time in a time zone that is `hours` ahead of UTC. */
const inOffset = (time: Date, hours: number) =>
  new Date(time.getTime() + hours * 3_600_000).toISOString().replace('Z', `+0${hours}:00`)

describe('profile', () => {
  it('is the signed-in user, with the defaults of a new account', async () => {
    const { profile } = await service.succeed(`{ profile { ${FIELDS} } }`, {}, ada.token)
    const { createdAt, updatedAt, lastLoginAt, ...rest } = profile
    expect(rest).toEqual({
      ...{ id: ada.id, email: ada.email, username: ada.username, role: 'USER' },
      ...{ firstName: null, lastName: null, phoneNumber: null, address: null, termsAcceptedAt: null },
      ...{ isEmailVerified: false, marketingOptIn: false },
    })
    for (const moment of [createdAt, updatedAt, lastLoginAt])
      expect(moment).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(Math.abs(Date.now() - Date.parse(lastLoginAt))).toBeLessThan(60_000)
  })

  it('answers UNAUTHENTICATED without a token', async () => {
    expect((await service.graphql('{ profile { id } }')).code).toBe('UNAUTHENTICATED')
  })

  it('is refused to an expired session', async () => {
    const { token, refreshToken } = await service.signUp()
    const sid = refreshToken.split('.')[0]
    await service.database.query('UPDATE sessions SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [
      sid,
    ])
    expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
  })

  it('is refused to a disabled user', async () => {
    const { token, id } = await service.signUp()
    await service.database.query('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?', [id])
    expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
  })
})

describe('updateProfile', () => {
  it('changes every field', async () => {
    const acceptedAt = new Date()
    const input = {
      firstName: 'Ada',
      lastName: 'Lovelace',
      phoneNumber: '+44 20 7946 0958',
      address: { streetName: "12 St James's Square", city: 'London', state: null, zipCode: 'SW1Y 4JH', country: 'UK' },
      marketingOptIn: true,
      termsAcceptedAt: inOffset(acceptedAt, 2),
    }
    expect(await update(input)).toMatchObject({ ...input, termsAcceptedAt: acceptedAt.toISOString() })
  })

  it('leaves omitted fields unchanged, in the address too', async () => {
    await update({ firstName: 'Ada', address: { city: 'London', country: 'UK' } })
    const changed = await update({ address: { city: 'Marylebone' } })
    expect(changed).toMatchObject({ firstName: 'Ada', address: { city: 'Marylebone', country: 'UK' } })
  })

  it('clears fields that are null', async () => {
    const cleared = await update({
      firstName: null,
      phoneNumber: null,
      address: null,
      termsAcceptedAt: null,
      username: null,
    })
    expect(cleared).toMatchObject({
      firstName: null,
      phoneNumber: null,
      address: null,
      termsAcceptedAt: null,
      username: null,
    })
  })

  it('accepts an empty input', async () => {
    expect((await update({})).id).toBe(ada.id)
  })

  it('stores emoji, quotes and SQL unchanged', async () => {
    const firstName = `Zoë "🐎" O'Brien; DROP TABLE users --`
    expect(await update({ firstName })).toMatchObject({ firstName })
  })

  it.each([
    ['firstName', { firstName: 'x'.repeat(101) }],
    ['lastName', { lastName: '   ' }],
    ['phoneNumber', { phoneNumber: 'call me' }],
    ['address.city', { address: { city: 'tab\tbed' } }],
    ['marketingOptIn', { marketingOptIn: null }],
    ['username', { username: 'x' }],
    ['termsAcceptedAt', { termsAcceptedAt: '0000-01-01T00:00:00Z' }],
  ])('answers INVALID_INPUT and names %s', async (path, input) => {
    const answer = await service.graphql(UPDATE, { input }, ada.token)
    expect(answer.code).toBe('INVALID_INPUT')
    expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path }])
  })

  it('changes the username and releases the old one at once', async () => {
    const [first, second] = [unique(), unique()]
    await update({ username: first })
    expect(await service.isAvailable(first)).toBe(false)
    await update({ username: second })
    expect(await service.isAvailable(first)).toBe(true)
    expect(await service.isAvailable(second)).toBe(false)
    await service.register({ username: first })
  })

  it('can change only the letter case of the username', async () => {
    const username = unique()
    await update({ username })
    expect(await update({ username: username.toUpperCase() })).toMatchObject({ username: username.toUpperCase() })
    expect(await service.isAvailable(username)).toBe(false)
  })

  it('answers USERNAME_TAKEN and USERNAME_RESERVED and changes nothing else', async () => {
    const { username } = await service.register()
    await update({ firstName: 'Before', username: unique() })
    expect(await updateCode({ firstName: 'After', username: username.toUpperCase() })).toBe('USERNAME_TAKEN')
    expect(await updateCode({ firstName: 'After', username: 'admin' })).toBe('USERNAME_RESERVED')
    expect(await update({})).toMatchObject({ firstName: 'Before' })
  })

  it('leaves a user with one username after ten changes at once', async () => {
    const user = await service.signUp()
    const names = Array.from({ length: 10 }, () => unique())
    await Promise.all(names.map((username) => update({ username }, user)))
    const owned = await service.database.query<{ display: string }>(
      `SELECT display FROM usernames WHERE user_id = ? AND state = 'OWNED'`,
      [user.id],
    )
    expect(owned).toHaveLength(1)
    const availability = await Promise.all(names.map((name) => service.isAvailable(name)))
    expect(availability.filter((free) => !free)).toHaveLength(1)
  })

  it('lets two users swap usernames without an unexpected error, and never gives both the same one', async () => {
    const [one, two] = [await service.signUp(), await service.signUp()]
    const codes = await Promise.all([
      updateCode({ username: two.username }, one),
      updateCode({ username: one.username }, two),
    ])
    for (const code of codes) expect([undefined, 'USERNAME_TAKEN']).toContain(code)
    const names = await service.database.query<{ user_id: string }>(
      `SELECT user_id FROM usernames WHERE user_id IN (?) AND state = 'OWNED'`,
      [[one.id, two.id]],
    )
    expect(new Set(names.map((row) => row.user_id)).size).toBe(names.length)
  })
})
