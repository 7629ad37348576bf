import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findSharedMailboxes } from '../../../src/app/operator-commands.js'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const PASSWORD = 'correct horse'
const register = (email: string) => service.graphql(REGISTER, { input: { email, password: PASSWORD } })
const idAtLogin = async (email: string, password = PASSWORD): Promise<string | undefined> =>
  (await service.graphql(LOGIN, { input: { email, password } })).data?.login.user.id
const findShared = () => findSharedMailboxes({ DATABASE_URL: service.database.url, DATABASE_TIMEOUT: 10 })

/** Two notations of one new mailbox. */
function notations() {
  const local = unique()
  return { local, unicode: `${local}@bücher.example`, ascii: `${local}@xn--bcher-kva.example` }
}

/** Writes an account as the previous version did: without the key. */
async function registerWithPreviousVersion(email: string): Promise<string> {
  const { data } = await register(`${unique()}@example.com`)
  const id: string = data?.register.user.id
  await service.database.query('UPDATE users SET email = ?, email_key = ?, email_ascii = NULL WHERE id = ?', [
    ...[email, email.toLowerCase(), id],
  ])
  return id
}

const keyOf = async (id: string) =>
  (await service.database.query<{ key: string | null }>('SELECT email_ascii AS `key` FROM users WHERE id = ?', [id]))[0]
    ?.key

describe('an address with an international domain', () => {
  it.each(['unicode', 'ascii'] as const)(
    'registered in %s, has no second account and signs in both ways',
    async (form) => {
      const { unicode, ascii, local } = notations()
      const address = form === 'unicode' ? unicode : ascii
      const { data } = await register(address)
      expect(data?.register.user.email).toBe(address)
      for (const same of [unicode, ascii, unicode.toUpperCase(), `${local}@XN--BCHER-KVA.example`]) {
        expect((await register(same)).code).toBe('EMAIL_EXISTS')
        expect(await idAtLogin(same)).toBe(data?.register.user.id)
      }
    },
  )

  it('gets one account when both notations register at once', async () => {
    const { unicode, ascii } = notations()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => register(i % 2 ? unicode : ascii)))
    const codes = answers.map(({ code }) => code ?? 'OK')
    expect(codes.toSorted()).toEqual([...Array.from({ length: 19 }, () => 'EMAIL_EXISTS'), 'OK'])
  })

  it('is no password, in either notation', async () => {
    const { unicode, ascii } = notations()
    const answer = await service.graphql(REGISTER, { input: { email: unicode, password: ascii } })
    expect(answer.code).toBe('WEAK_PASSWORD')
  })

  it('names the administrator in either notation', async () => {
    const { unicode, ascii } = notations()
    const { data } = await register(unicode)
    const target = { email: ascii }
    const { id } = await service.app.services.accounts.roles.setRole(target, 'ADMIN', null)
    expect(id).toBe(data?.register.user.id)
  })
})

describe('accounts of the previous version', () => {
  it('have no second account either, before and after the migration', async () => {
    const { unicode, ascii } = notations()
    const id = await registerWithPreviousVersion(unicode)
    expect((await register(ascii)).code).toBe('EMAIL_EXISTS')
    expect(await idAtLogin(ascii)).toBe(id)
    await findShared()
    expect(await keyOf(id)).toBe(ascii)
    expect((await register(ascii)).code).toBe('EMAIL_EXISTS')
    expect(await idAtLogin(unicode)).toBe(id)
  })

  it('that share a mailbox are reported, stay, and sign in with the notation that they registered', async () => {
    const { unicode, ascii } = notations()
    const owner = await registerWithPreviousVersion(ascii)
    const other = await registerWithPreviousVersion(unicode)
    for (let run = 0; run < 2; run++) {
      expect(await findShared()).toContainEqual({ owner, other })
      expect(await keyOf(owner)).toBe(ascii)
      expect(await keyOf(other)).toBeNull()
      expect(await idAtLogin(unicode)).toBe(other)
      expect(await idAtLogin(ascii)).toBe(owner)
    }
    await service.database.query('DELETE FROM users WHERE id = ?', [owner])
    expect(await findShared()).not.toContainEqual(expect.objectContaining({ other }))
    expect(await keyOf(other)).toBe(ascii)
  })

  it('get their keys once, even from several runs at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => registerWithPreviousVersion(notations().unicode)))
    const reports = await Promise.all(Array.from({ length: 4 }, findShared))
    for (const id of ids) {
      expect(await keyOf(id)).toMatch(/@xn--bcher-kva\.example$/)
      expect(reports.flat()).not.toContainEqual(expect.objectContaining({ other: id }))
    }
  })
})

it('computes no key for addresses without an international domain', async () => {
  const { data } = await register(`jörg${unique()}@example.com`)
  const id: string = data?.register.user.id
  await findShared()
  expect(await keyOf(id)).toBeNull()
})
