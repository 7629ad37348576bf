import { expect, it } from 'vitest'
import { createTwoGenerations } from '../src/two-generations.js'

it('holds at most twice its size, and drops the older half when the younger one is full', () => {
  const cache = createTwoGenerations<number>({ size: 2, renew: false })
  for (let i = 0; i < 5; i++) cache.set(String(i), i)
  expect(['0', '1', '2', '3', '4'].map((key) => cache.get(key))).toEqual([undefined, undefined, 2, 3, 4])
  expect(cache.size).toBe(3)
})

it('with renew keeps what is read', () => {
  const [renewing, plain] = [true, false].map((renew) => createTwoGenerations<number>({ size: 2, renew }))
  for (const cache of [renewing!, plain!]) {
    cache.set('read', -1)
    for (let i = 0; i < 10; i++) {
      cache.set(String(i), i)
      cache.get('read')
    }
  }
  expect([renewing!.get('read'), plain!.get('read')]).toEqual([-1, undefined])
  expect(renewing!.size).toBeLessThanOrEqual(4)
})

it('drops everything within two turns, and what is deleted at once', () => {
  const cache = createTwoGenerations<number>({ size: 10, renew: true })
  cache.set('a', 1)
  cache.set('b', 2)
  cache.turn()
  cache.set('b', 3)
  cache.delete('b')
  cache.turn()
  expect([cache.get('a'), cache.get('b'), cache.size]).toEqual([undefined, undefined, 0])
})

it('of size 0 holds nothing', () => {
  const cache = createTwoGenerations<number>({ size: 0, renew: true })
  cache.set('a', 1)
  expect([cache.get('a'), cache.size]).toEqual([undefined, 0])
})
