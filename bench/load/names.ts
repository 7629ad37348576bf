// Usernames such as people choose. The seed is fixed, so every run uses the same ones.
import { en, Faker } from '@faker-js/faker'
import type { createReservedUsernames as Reserved } from '../../src/services/usernames/reserved-usernames.ts'
import { built } from '../stage/built.ts'
import { createRandom } from './random.ts'

const { createReservedUsernames } = (await built('services/usernames/reserved-usernames.js')) as {
  createReservedUsernames: typeof Reserved
}
export const isReserved = createReservedUsernames([])

const clean = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')

/** First names, then combinations with last names and numbers, without duplicates. The most popular come first. */
export function people(count: number): string[] {
  const { person } = new Faker({ locale: en }).rawDefinitions
  const list = (names: Partial<Record<'generic' | 'female' | 'male', readonly string[]>> | null | undefined) =>
    [
      ...new Set(
        Object.values(names ?? {})
          .flat()
          .map(clean),
      ),
    ].filter((name) => name.length >= 3)
  const [first, last] = [list(person?.first_name), list(person?.last_name)]
  const random = createRandom(1)
  const pick = (names: string[]) => names[Math.floor(random() * names.length)] ?? ''
  const number = (below: number) => String(Math.floor(random() * below))
  const ways = [
    () => pick(first) + pick(last),
    () => `${pick(first)}_${pick(last)}`,
    () => pick(first).charAt(0) + pick(last),
    () => pick(first) + number(10_000),
    () => pick(first) + pick(last) + number(100),
    () => `${pick(first)}-${pick(first)}`,
  ]
  const names = new Set(first.filter((name) => !isReserved(name)))
  while (names.size < count) {
    const name = ways[Math.floor(random() * ways.length)]!().slice(0, 30)
    if (!isReserved(name)) names.add(name)
  }
  return [...names].slice(0, count)
}

/** Available usernames: all begin with a digit, and none of those above does. */
export function unclaimed(count: number): string[] {
  const random = createRandom(2)
  return Array.from(
    { length: count },
    () =>
      `0${Math.floor(random() * 36 ** 9)
        .toString(36)
        .padStart(9, '0')}`,
  )
}
