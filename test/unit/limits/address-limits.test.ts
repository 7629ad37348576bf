import { describe, expect, it } from 'vitest'
import type { CallTotals } from '../../../src/repositories/limits/call-totals.js'
import { createAddressLimits } from '../../../src/services/limits/index.js'

const HOUR = 3_600_000

/** What Redis does: adds up what the processes send. */
function createTotals(): CallTotals & { sent: number } {
  const sums = new Map<string, number>()
  return {
    sent: 0,
    add(counts) {
      this.sent += counts.length
      for (const { key, calls } of counts) sums.set(key, (sums.get(key) ?? 0) + calls)
      return Promise.resolve(counts.map(({ key }) => sums.get(key) ?? 0))
    },
  }
}

function create(totals: CallTotals = createTotals(), longer = 1) {
  let now = Date.UTC(2026, 10, 29, 12)
  const limits = createAddressLimits({
    all: [{ limit: 100 * longer, seconds: 60 }],
    operations: new Map([
      [
        'check',
        [
          { limit: 20, seconds: 1 },
          { limit: 60 * longer, seconds: 3600 },
        ],
      ],
    ]),
    ...{ totals, key: 'key', clock: () => new Date(now) },
  })
  const check = (times = 1, address = '192.0.2.1') => limits.count(address, new Map([['check', times]]))
  const wait = (ms: number) => {
    now += ms
  }
  return { limits, check, wait }
}

describe('the limits of an address in a process', () => {
  it('count each call, and say when the next one can succeed', () => {
    const { check, wait } = create()
    for (let n = 0; n < 20; n++) expect(check()).toBe(0)
    expect(check()).toBe(1000)
    wait(999)
    expect(check()).toBe(1)
    wait(1)
    expect(check()).toBe(0)
  })

  it('take 50 aliases as 50 calls, and count nothing of a request that is refused', () => {
    const { check } = create()
    expect(check(50)).toBe(1000)
    expect(check(20)).toBe(0)
    expect(check(1)).toBe(1000)
  })

  it('have several periods', () => {
    const { check, wait } = create()
    for (let n = 0; n < 3; n++, wait(1000)) expect(check(20)).toBe(0)
    expect(check()).toBe(HOUR - 3000)
    wait(HOUR - 3000)
    expect(check()).toBe(0)
  })

  it('hold for all operations together', () => {
    const { limits, check } = create()
    expect(limits.count('192.0.2.1', new Map([['profile', 90]]))).toBe(0)
    expect(check(11)).toBe(60_000)
    expect(check(10)).toBe(0)
  })

  it('take a network of IPv6 as one address, and IPv4 in IPv6 as itself', () => {
    const { check } = create()
    expect(check(20, '2001:db8::1')).toBe(0)
    expect(check(1, '2001:db8::2')).toBeGreaterThan(0)
    expect(check(1, '2001:db8:0:1::2')).toBe(0)
    expect(check(20, '::ffff:192.0.2.1')).toBe(0)
    expect(check(1, '192.0.2.1')).toBeGreaterThan(0)
  })

  it('are shared between processes, for periods that are long enough', async () => {
    const totals = createTotals()
    const [one, other] = [create(totals), create(totals)]
    for (const process of [one, other])
      for (let n = 0; n < 2; n++) {
        expect(process.check(20)).toBe(0)
        process.wait(1000)
      }
    await one.limits.share()
    await other.limits.share()
    expect(other.check()).toBeGreaterThan(1000)
    expect(one.check(20)).toBe(0)
    await one.limits.share()
    one.wait(1000)
    expect(one.check()).toBeGreaterThan(1000)
  })

  it('hold for all processes together, in the long run, although a second is too short to learn of the others', async () => {
    const totals = createTotals()
    const processes = Array.from({ length: 4 }, () => create(totals, 1000))
    const counts: number[] = []
    for (let second = 0; second < 10; second++) {
      let counted = 0
      for (let tenth = 0; tenth < 10; tenth++) {
        for (const { check, wait } of processes) {
          for (let n = 0; n < 30; n++) if (check(1, '198.51.100.1') === 0) counted += 1
          wait(100)
        }
        if (tenth % 2 === 0) for (const { limits } of processes) await limits.share()
      }
      counts.push(counted)
    }
    // Once, each of them lets a whole limit through.
    expect(counts).toEqual([80, 20, 20, 20, 20, 20, 20, 20, 20, 20])
  })

  it('give a process the whole limit again when the others are not called anymore', async () => {
    const totals = createTotals()
    const [one, other] = [create(totals, 1000), create(totals, 1000)]
    for (const { check } of [one, other]) expect(check(20)).toBe(0)
    for (const { limits } of [one, other, one]) await limits.share()
    one.wait(1000)
    expect(one.check(11)).toBeGreaterThan(0)
    expect(one.check(10)).toBe(0)
    await one.limits.share()
    one.wait(1000)
    expect(one.check(20)).toBe(0)
  })

  it('do not bother the others with addresses that call little', async () => {
    const totals = createTotals()
    const { limits, check } = create(totals)
    check(2)
    await limits.share()
    expect(totals.sent).toBe(0)
  })

  it('keep counting in the process while Redis is unavailable', async () => {
    const { limits, check } = create({ add: () => Promise.reject(new Error('gone')) })
    expect(check(20)).toBe(0)
    await expect(limits.share()).rejects.toThrow('gone')
    expect(check()).toBe(1000)
  })
})
