import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RevocationTable } from '../src/index.js'
import type { Revocation } from '../src/protocol.js'
import { claims } from './support/tokens.js'

const NOW = 1_800_000_000
const revocation = (changes: Partial<Revocation>): Revocation => ({
  v: 1,
  scope: 'token',
  jti: 'j',
  sub: 'u',
  exp: NOW + 900,
  reason: 'test',
  ...changes,
})

describe('the table of revocations', () => {
  it('revokes one token, one session, or one user below a generation, and nothing else', () => {
    const table = new RevocationTable(100)
    const token = claims()
    table.add(revocation({ scope: 'token', jti: token.jti }), NOW)
    expect(table.isRevoked(token)).toBe(true)
    expect(table.isRevoked(claims({ sid: token.jti, sub: token.jti }))).toBe(false) // the same id with another scope

    const session = claims()
    table.add(revocation({ scope: 'session', sid: session.sid }), NOW)
    expect(table.isRevoked(claims({ sid: session.sid }))).toBe(true)

    const user = claims({ gen: 4 })
    table.add(revocation({ scope: 'user', sub: user.sub, gen: 4 }), NOW)
    expect(table.isRevoked(user)).toBe(false)
    expect(table.isRevoked(claims({ sub: user.sub, gen: 3 }))).toBe(true)
    table.add(revocation({ scope: 'user', sub: user.sub, gen: 2 }), NOW)
    expect(table.isRevoked(claims({ sub: user.sub, gen: 3 }))).toBe(true) // an older generation changes nothing
    expect(table.isRevoked(claims())).toBe(false)
  })

  it('keeps an entry for the margin after its last token expired, then drops it', () => {
    const table = new RevocationTable(100)
    const token = claims()
    table.add(revocation({ jti: token.jti, exp: NOW + 10 }), NOW)
    table.sweep(NOW + 70)
    expect(table.isRevoked(token)).toBe(true)
    table.sweep(NOW + 71)
    expect(table.size).toBe(0)
    expect(table.bytes).toBe(0)
    expect(table.add(revocation({ exp: NOW - 61 }), NOW)).toBe(true)
    expect(table.size).toBe(0) // it had expired when it was added
  })

  it('forgets the generation of an entry that is over, even if no sweep has dropped it', () => {
    const table = new RevocationTable(100)
    const user = claims({ gen: 4 })
    table.add(revocation({ scope: 'user', sub: user.sub, gen: 5, exp: NOW }), NOW)
    table.add(revocation({ scope: 'user', sub: user.sub, gen: 3, exp: NOW + 900 }), NOW + 61)
    expect(table.isRevoked(user)).toBe(false)
    expect(table.isRevoked({ ...user, gen: 2 })).toBe(true)
  })

  it('reports that it is full, and drops nothing', () => {
    const table = new RevocationTable(3)
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    for (const jti of ids) expect(table.add(revocation({ jti }), NOW)).toBe(true)
    expect(table.add(revocation({ jti: randomUUID() }), NOW)).toBe(false)
    expect(table.add(revocation({ jti: ids[0]!, exp: NOW + 2000 }), NOW)).toBe(true) // known already
    expect(ids.every((jti) => table.isRevoked(claims({ jti })))).toBe(true)
    expect(table.hasRoom).toBe(false)
    table.sweep(NOW + 1000)
    expect(table.size).toBe(1)
    expect(table.hasRoom).toBe(true)
  })

  it('answers as a plain Map would, whatever is added and whenever it is swept', () => {
    const id = fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((n) => `id-${n}`),
      fc.uuid(),
    )
    const step = fc.record({
      scope: fc.constantFrom<Revocation['scope']>('token', 'session', 'user'),
      id,
      gen: fc.integer({ min: 0, max: 6 }),
      life: fc.integer({ min: -100, max: 500 }),
      passes: fc.integer({ min: 0, max: 60 }),
      sweeps: fc.integer({ min: 0, max: 256 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new RevocationTable(1000)
        const model = new Map<string, { exp: number; gen: number }>()
        let now = NOW
        for (const { scope, id, gen, life, passes, sweeps } of steps) {
          now += passes
          for (const [key, value] of model) if (value.exp + 60 < now) model.delete(key)
          const exp = now + life
          table.add(revocation({ scope, jti: id, sid: id, sub: id, gen, exp }), now)
          table.sweep(now, sweeps)
          const known = model.get(scope + id)
          if (exp + 60 >= now)
            model.set(scope + id, { exp: Math.max(exp, known?.exp ?? 0), gen: Math.max(gen, known?.gen ?? 0) })
        }
        table.sweep(now)
        expect(table.size).toBe(model.size)
        for (const { id, gen } of steps) {
          expect(table.isRevoked(claims({ jti: id }))).toBe(model.has(`token${id}`))
          expect(table.isRevoked(claims({ sid: id }))).toBe(model.has(`session${id}`))
          expect(table.isRevoked(claims({ sub: id, gen }))).toBe(gen < (model.get(`user${id}`)?.gen ?? 0))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('takes at most 60 bytes per revocation, at every size up to 200,000', () => {
    const table = new RevocationTable(1_000_000)
    const jtis: string[] = []
    for (let i = 1; i <= 200_000; i++) {
      const jti = randomUUID()
      if (i % 1000 === 0) jtis.push(jti)
      table.add(revocation({ jti }), NOW)
      if (i > 20_000 && i % 500 === 0) expect(table.bytes / i).toBeLessThan(50)
    }
    expect(table.size).toBe(200_000)
    expect(jtis.every((jti) => table.isRevoked(claims({ jti })))).toBe(true)
    expect(table.isRevoked(claims())).toBe(false)
  })
})
