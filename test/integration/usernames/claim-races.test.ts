import { afterAll, beforeAll, expect, it } from 'vitest'
import { REGISTER, unique } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const RENAME = 'mutation ($username: String!) { updateProfile(input: { username: $username }) { username } }'

const register = (username: string) =>
  service.graphql(REGISTER, { input: { email: `${unique()}@example.com`, username, password: 'correct horse' } })

it('one of many registrations and renames gets a username, and all others are told that it is taken', async () => {
  for (let round = 0; round < 5; round++) {
    // New ones, because a user has few renames.
    const users = await Promise.all(Array.from({ length: 3 }, () => service.signUp()))
    const username = unique()
    // Registrations hash first: these renames come while they write.
    const renames = users.map(({ token }) => service.graphql(RENAME, { username }, token))
    const answers = await Promise.all([...renames, ...users.map(() => register(username))])
    const codes = answers.map(({ code = 'OK' }) => code).toSorted()
    expect(codes).toEqual(['OK', ...Array<string>(5).fill('USERNAME_TAKEN')])
    expect(await service.isAvailable(username)).toBe(false)
    const owners = "SELECT user_id FROM usernames WHERE username_key = ? AND state = 'OWNED'"
    expect(await service.database.query(owners, [username])).toHaveLength(1)
  }
})
