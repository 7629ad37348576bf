import { describe, expect, it } from 'vitest'
import { keyCommands, keysFolder } from '../../support/keys.js'

describe('a schedule of keys', () => {
  it('keeps a key published for the longest lifetime of its tokens, and rotates once for repeated commands', async () => {
    const folder = await keysFolder()
    let now = new Date('2026-01-01T00:00:00Z')
    const commands = (ttl: string) =>
      keyCommands(folder.path, { ACCESS_TOKEN_TTL: ttl, CLOCK_SKEW: '30', JWKS_CACHE_TTL: '300' }, () => now)
    const after = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000)

    const old = (await commands('3600').rotate()).key
    expect(old.activeFrom).toEqual(now)
    const { key, created } = await commands('900').rotate()
    expect({ created, activeFrom: key.activeFrom }).toEqual({ created: true, activeFrom: after(605) })
    expect((await commands('900').rotate()).key.kid).toBe(key.kid)

    const states = async () => (await commands('900').list()).map(({ state }) => state)
    expect(await states()).toEqual(['signing', 'waiting'])
    now = after(605)
    expect(await states()).toEqual(['verifying', 'signing'])
    now = after(605 + 3600 + 29)
    expect(await states()).toEqual(['verifying', 'signing'])
    now = after(605 + 3600 + 30)
    expect(await states()).toEqual(['retired', 'signing'])
    expect(await commands('900').retire()).toEqual([])
    now = after(605 + 3600 + 60)
    expect(await commands('900').retire()).toEqual([old.kid])
    await folder.remove()
  })
})
