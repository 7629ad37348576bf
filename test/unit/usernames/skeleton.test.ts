import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReservedUsernames, TRUSTED_USERNAMES } from '../../../src/services/usernames/reserved-usernames.js'
import { createUsernamePolicy } from '../../../src/services/usernames/policy.js'
import { skeletonOf } from '../../../src/services/usernames/skeleton.js'

const refusalOf = (protectedUsernames: string[] = []) =>
  createUsernamePolicy({
    isReserved: createReservedUsernames([]),
    protectedUsernames: {
      has: (canonical) => protectedUsernames.includes(canonical),
      hasSkeleton: (skeleton) => protectedUsernames.map(skeletonOf).includes(skeleton),
      isCurrent: () => true,
      refresh: () => Promise.resolve(),
      bringUpToDate: () => Promise.resolve(),
      list: () => Promise.resolve([]),
      protect: () => Promise.resolve(),
      unprotect: () => Promise.resolve(true),
    },
  }).refusalOf

describe('a username that looks like a trusted one', () => {
  it.each([
    ...['adm1n', 'admln', '4dmin', 'admin_', '_admin_', 'a-d-m-i-n', 'adrnin', 'adrn1n', 'adr-nin', '4-drn_1-n'],
    ...['r00t', 'ro0t', 'r0ot', 'roo7', 'supp0rt', '5upport', 'suppor7', 'rnoderator', 'mod3rat0r', 'r_noderator'],
    ...[
      '5taff',
      'sta-ff',
      's7aff',
      'officia1',
      '0fficial',
      'offlcial',
      'vvebmaster',
      'postem',
      'p0stern',
      'adm1n1strat0r',
    ],
    ...['5ecurity', 'secur1ty', 'secur-lty', '5y5tem', '-root-'],
  ])('is confusable: %s', (canonical) => {
    expect(refusalOf()(canonical)).toBe('CONFUSABLE')
  })

  it.each(TRUSTED_USERNAMES)('is reserved if it is the trusted one: %s', (canonical) => {
    expect(refusalOf()(canonical)).toBe('RESERVED')
  })

  it.each([
    ...[
      'adminton',
      'rooter',
      'badminton',
      'uproot',
      'rooted',
      'supporter',
      'staffan',
      'posterns',
      'ada',
      'grace',
      'mod',
    ],
    ...['rn-fan', 'officials', 'sec', 'mode', 'dministrator', 'toor'],
  ])('is allowed if it only contains a trusted one: %s', (canonical) => {
    expect(refusalOf()(canonical)).toBeNull()
  })
})

describe('a protected username', () => {
  it('is reserved, and its lookalikes are confusable', () => {
    const refusal = refusalOf(['acme-tools'])
    expect(refusal('acme-tools')).toBe('RESERVED')
    for (const canonical of ['acmetools', 'acrne-tools', '4cme_t00ls', 'acme-too1s', 'acme-t0ol5'])
      expect(refusal(canonical), canonical).toBe('CONFUSABLE')
    for (const canonical of ['acme', 'acme-toolsmith', 'tools-acme']) expect(refusal(canonical), canonical).toBeNull()
  })

  it('blocks its lookalikes wherever their letter pairs begin', () => {
    for (const canonical of ['vw-club', 'wv-club', 'vvv-club'])
      for (const other of ['vw-c1ub', 'wv-c1ub', 'vvv-c1ub'])
        expect(refusalOf([canonical])(other), `${canonical} ${other}`).toBe('CONFUSABLE')
  })

  it('of separators only blocks only such usernames', () => {
    const refusal = refusalOf(['---'])
    expect([refusal('___'), refusal('a__')]).toEqual(['CONFUSABLE', null])
  })
})

describe('a skeleton', () => {
  const username = fc.string({ unit: fc.constantFrom(...'abeilmnorstvw01345789_-'), minLength: 3, maxLength: 30 })

  it('is its own skeleton', () => {
    fc.assert(fc.property(username, (some) => skeletonOf(skeletonOf(some)) === skeletonOf(some)))
  })

  it('does not change if lookalikes are exchanged', () => {
    const exchanges = [
      ...['o0', 'l1', 'i1', 'li', 'e3', 'a4', 's5', 't7'].map(([from = '', to = '']) => [from, to] as const),
      ...([
        ['m', 'rn'],
        ['w', 'vv'],
        ['-', ''],
        ['_', '-'],
      ] as const),
    ]
    fc.assert(
      fc.property(username, fc.constantFrom(...exchanges), (some, [from, to]) => {
        expect(skeletonOf(some.replaceAll(from, to))).toBe(skeletonOf(some))
      }),
    )
  })
})
