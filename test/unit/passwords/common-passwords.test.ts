import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { isCommonPassword } from '../../../src/services/passwords/common-passwords.js'

const published = createRequire(import.meta.url)('fxa-common-password-list') as { test(password: string): boolean }

it('the list of common passwords has what the package has, and nothing else', () => {
  // The first and the last entry, what surrounds them, and dates.
  const ends = ['', '\n', '!', '!qaz1qaz', '!qaz1qaz\n!qaz2wsx', '!qaz1qa', 'zzzzzzzz', 'zzzzzzzzz', '~', 'ß', '密码']
  const dates = Array.from({ length: 300 }, (_, day) => String(19_880_101 + day))
  const words = ['password', 'password1', 'passwore', 'iloveyou', 'football', 'starwars', 'whatever1']
  for (const password of [...ends, ...dates, ...words])
    expect([password, isCommonPassword(password)]).toEqual([password, published.test(password)])
  expect(words.filter(isCommonPassword).length).toBeGreaterThan(3)
})
