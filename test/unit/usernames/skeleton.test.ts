import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReservedUsernames, TRUSTED_USERNAMES } from '../../../src/services/usernames/reserved-usernames.js'
import { createUsernamePolicy } from '../../../src/services/usernames/policy.js'
import { skeletonOf } from '../../../src/services/usernames/skeleton.js'

const refusalOf = (protectedNames: string[] = []) =>
  createUsernamePolicy({
    isReserved: createReservedUsernames([]),
    protectedNames: {
      has: (name) => protectedNames.includes(name),
      hasSkeleton: (skeleton) => protectedNames.map(skeletonOf).includes(skeleton),
      isCurrent: () => true,
      refresh: () => Promise.resolve(),
      bringUpToDate: () => Promise.resolve(),
      list: () => Promise.resolve([]),
      protect: () => Promise.resolve(),
      unprotect: () => Promise.resolve(true),
    },
  }).refusalOf

describe('a name that looks like one people trust', () => {
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
  ])('is confusable: %s', (name) => {
    expect(refusalOf()(name)).toBe('CONFUSABLE')
  })

  it.each(TRUSTED_USERNAMES)('is reserved where it is that name itself: %s', (name) => {
    expect(refusalOf()(name)).toBe('RESERVED')
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
  ])('is not any name that merely contains it: %s', (name) => {
    expect(refusalOf()(name)).toBeNull()
  })
})

describe('a protected name', () => {
  it('is reserved, and what looks like it is confusable', () => {
    const refusal = refusalOf(['acme-tools'])
    expect(refusal('acme-tools')).toBe('RESERVED')
    for (const name of ['acmetools', 'acrne-tools', '4cme_t00ls', 'acme-too1s', 'acme-t0ol5'])
      expect(refusal(name), name).toBe('CONFUSABLE')
    for (const name of ['acme', 'acme-toolsmith', 'tools-acme']) expect(refusal(name), name).toBeNull()
  })

  it('keeps its lookalikes away wherever the pairs in them begin', () => {
    for (const name of ['vw-club', 'wv-club', 'vvv-club'])
      for (const other of ['vw-c1ub', 'wv-c1ub', 'vvv-c1ub'])
        expect(refusalOf([name])(other), `${name} ${other}`).toBe('CONFUSABLE')
  })

  it('of nothing but separators keeps away only such names', () => {
    const refusal = refusalOf(['---'])
    expect([refusal('___'), refusal('a__')]).toEqual(['CONFUSABLE', null])
  })
})

describe('a skeleton', () => {
  const name = fc.string({ unit: fc.constantFrom(...'abeilmnorstvw01345789_-'), minLength: 3, maxLength: 30 })

  it('is its own skeleton', () => {
    fc.assert(fc.property(name, (some) => skeletonOf(skeletonOf(some)) === skeletonOf(some)))
  })

  it('stays the same under every exchange of lookalikes', () => {
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
      fc.property(name, fc.constantFrom(...exchanges), (some, [from, to]) => {
        expect(skeletonOf(some.replaceAll(from, to))).toBe(skeletonOf(some))
      }),
    )
  })
})
