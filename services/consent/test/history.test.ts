import fc from 'fast-check'
import { createMacKeys } from '@postern/service/mac-keys'
import { describe, expect, it } from 'vitest'
import { commitmentTo, salted } from '../src/history/commitment.js'
import type { Entry, EventType } from '../src/history/entry.js'
import { damagedEntryMac, entryMac, headMac } from '../src/history/macs.js'
import { createHistoryVerifier, type CurrentConsent, type Head } from '../src/history/verification.js'

const USER = '00000000-0000-4000-8000-000000000001'
const [OLD, NEW] = ['an earlier key of at least 32 bytes', 'the current key of at least 32 bytes']
const keys = createMacKeys('consent', NEW, [OLD])
const earlier = createMacKeys('consent', OLD, [])

interface History {
  head: Head
  entries: Entry[]
  current: CurrentConsent[]
}

interface Step {
  type: EventType
  purpose: string
  withDetails: boolean
  withEarlierKey: boolean
}

function seal(head: Omit<Head, 'keyId' | 'mac'>): Head {
  return { ...head, keyId: keys.currentId, mac: headMac(keys, keys.currentId, head) as string }
}

/** As the service writes it. */
function historyOf(steps: readonly Step[]): History {
  const entries: Entry[] = []
  let last = { sequence: 0, mac: '' }
  for (const [i, { type, purpose, withDetails, withEarlierKey }] of steps.entries()) {
    const details = withDetails ? salted({ address: '192.0.2.1', userAgent: 'Firefox' }) : null
    const content = {
      ...{ schemaVersion: 1, consentId: `${purpose}-id`, type, purpose, scopes: ['a'], textVersion: 1, language: 'en' },
      ...{ textHash: 'hash', at: new Date(1e12 + i), expiresAt: new Date(2e12), recordedBy: 'user', source: 'web' },
      ...{ jurisdiction: null, controller: { name: 'Acme', address: 'Berlin', contact: 'mail' } },
      commitment: details && commitmentTo(details),
    }
    const { currentId: keyId } = withEarlierKey ? earlier : keys
    const mac = entryMac(keys, keyId, USER, last, content) as string
    last = { sequence: i + 1, mac }
    entries.push({ ...content, ...last, keyId, details })
  }
  const retired = { sequence: 0, mac: '' }
  const head = seal({ userId: USER, last, retired, erasedThrough: 0, erasedAt: null })
  const lastOf = new Map(entries.map((entry) => [entry.purpose, entry]))
  const current = [...lastOf.values()].map(({ consentId: id, type: state, ...entry }) => ({ ...entry, id, state }))
  return { head, entries, current }
}

function findingIn({ head, entries, current }: History, knownKeys = keys) {
  const verifier = createHistoryVerifier(knownKeys, head)
  for (const entry of entries) verifier.add([entry])
  return verifier.finish(current)
}

const steps = fc.array(
  fc.record({
    type: fc.constantFrom<EventType>('GRANTED', 'REVOKED', 'EXPIRED'),
    purpose: fc.constantFrom('user.profile', 'analytics.usage'),
    withDetails: fc.boolean(),
    withEarlierKey: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

/** A history, and the index of one of its entries. */
const place = steps.chain((some) => fc.tuple(fc.constant(some), fc.nat(some.length - 1)))

const CHANGES: [what: string, change: (entry: Entry) => Partial<Entry>][] = [
  ['what happened', ({ type }) => ({ type: type === 'GRANTED' ? 'REVOKED' : 'GRANTED' })],
  ['the purpose', () => ({ purpose: 'workflows.share' })],
  ['the scopes', () => ({ scopes: ['a', 'b'] })],
  ['the version of the text', () => ({ textVersion: 2 })],
  ['the hash of the text', () => ({ textHash: 'other' })],
  ['the time', ({ at }) => ({ at: new Date(at.getTime() + 1) })],
  ['the expiry', () => ({ expiresAt: new Date(3e12) })],
  ['who has recorded it', () => ({ recordedBy: 'service:other' })],
  ['the controller', ({ controller }) => ({ controller: { ...controller, name: 'Other' } })],
  ['the commitment', () => ({ commitment: 'other' })],
]

describe('a history that the service has written', () => {
  it('verifies', () => {
    fc.assert(
      fc.property(steps, (some) => {
        expect(findingIn(historyOf(some))).toBeNull()
      }),
    )
  })

  it('verifies after an erasure of all details, and after a retirement of its beginning', () => {
    fc.assert(
      fc.property(place, ([some, index]) => {
        const { head, entries, current } = historyOf(some)
        const erased = entries.map((entry) => ({ ...entry, details: null }))
        const retired = index === 0 ? head.retired : (entries[index - 1] as Entry)
        const rest = {
          head: seal({ ...head, retired, erasedThrough: head.last.sequence }),
          entries: erased.slice(index),
          current: current.filter(({ sequence }) => sequence > index),
        }
        expect(findingIn(rest)).toBeNull()
      }),
    )
  })

  it('can not be verified without its key', () => {
    const history = historyOf([{ type: 'GRANTED', purpose: 'user.profile', withDetails: true, withEarlierKey: false }])
    expect(findingIn(history, earlier)?.problem).toBe('KEY_MISSING')
  })
})

describe('a history that someone without the key has written to', () => {
  it.each(CHANGES)('is found if they changed %s', (_, change) => {
    fc.assert(
      fc.property(place, ([some, index]) => {
        const { head, entries, current } = historyOf(some)
        const changed = entries.map((entry, i) => (i === index ? { ...entry, ...change(entry) } : entry))
        expect(findingIn({ head, entries: changed, current })).toEqual({
          problem: 'ENTRY_CHANGED',
          sequence: index + 1,
        })
      }),
    )
  })

  it('is found if they removed an entry, also the last one, and whatever they number the others', () => {
    fc.assert(
      fc.property(place, fc.boolean(), ([some, index], renumber) => {
        const { head, entries, current } = historyOf(some)
        const rest = entries.toSpliced(index, 1).map((entry, i) => (renumber ? { ...entry, sequence: i + 1 } : entry))
        const last = rest.at(-1) ?? { sequence: 0, mac: '' }
        expect(findingIn({ head, entries: rest, current })).not.toBeNull()
        // Nor does a head that they move back help them: they can't make its MAC.
        expect(findingIn({ head: { ...head, last }, entries: rest, current })).not.toBeNull()
      }),
    )
  })

  it('is found if they swapped two entries or inserted a copy', () => {
    fc.assert(
      fc.property(place, place, ([some, a], [, b]) => {
        const { head, entries, current } = historyOf(some)
        const other = (a + 1 + (b % Math.max(1, some.length - 1))) % some.length
        fc.pre(other !== a)
        const [first, second] = [entries[a] as Entry, entries[other] as Entry]
        const swapped = entries.map((entry, i) => (i === a ? second : i === other ? first : entry))
        const renumbered = swapped.map((entry, i) => ({ ...entry, sequence: i + 1 }))
        expect(findingIn({ head, entries: renumbered, current })).not.toBeNull()
        const inserted = entries.toSpliced(other, 0, first).map((entry, i) => ({ ...entry, sequence: i + 1 }))
        expect(findingIn({ head, entries: inserted, current })).not.toBeNull()
      }),
    )
  })

  it('is found if they changed details, or removed them without an erasure', () => {
    const { head, entries, current } = historyOf([
      { type: 'GRANTED', purpose: 'user.profile', withDetails: true, withEarlierKey: false },
    ])
    const withDetails = (details: Entry['details']) =>
      findingIn({ head, entries: entries.map((entry) => ({ ...entry, details })), current })
    const details = entries[0]?.details ?? null
    expect(withDetails(details && { ...details, address: '192.0.2.2' })?.problem).toBe('DETAILS_CHANGED')
    expect(withDetails(null)?.problem).toBe('DETAILS_CHANGED')
    // An erasure that the service has not done.
    expect(findingIn({ head: { ...head, erasedThrough: 1 }, entries, current })?.problem).toBe('HEAD_CHANGED')
  })

  it('is found if a current consent says something else than the history', () => {
    const revoked = historyOf([
      { type: 'GRANTED', purpose: 'user.profile', withDetails: false, withEarlierKey: false },
      { type: 'REVOKED', purpose: 'user.profile', withDetails: false, withEarlierKey: false },
    ])
    const [consent] = revoked.current
    const changes: Partial<CurrentConsent>[] = [{ state: 'GRANTED' }, { scopes: [] }, { expiresAt: new Date(4e12) }]
    for (const change of changes) {
      const current = [{ ...(consent as CurrentConsent), ...change }]
      expect(findingIn({ ...revoked, current })).toEqual({ problem: 'STATE_CHANGED', sequence: 2 })
    }
    expect(findingIn({ ...revoked, current: [] })?.problem).toBe('STATE_CHANGED')
    const other = { ...(consent as CurrentConsent), purpose: 'workflows.share' }
    expect(findingIn({ ...revoked, current: [...revoked.current, other] })?.problem).toBe('STATE_CHANGED')
  })

  it('stays found after the service has written behind a damaged head', () => {
    const { head, entries } = historyOf([
      { type: 'GRANTED', purpose: 'user.profile', withDetails: false, withEarlierKey: false },
    ])
    const [first] = entries as [Entry]
    const mac = damagedEntryMac(keys, keys.currentId, USER, first, first) as string
    const second = { ...first, sequence: 2, mac }
    const history = { head: seal({ ...head, last: second }), entries: [first, second], current: [] }
    expect(findingIn(history)).toEqual({ problem: 'HEAD_CHANGED', sequence: 2 })
  })
})
