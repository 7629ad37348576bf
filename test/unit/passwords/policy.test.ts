import { describe, expect, it } from 'vitest'
import { contextWords } from '../../../src/services/passwords/context-words.js'
import { isWeakPassword } from '../../../src/services/passwords/policy.js'

/** Each satisfies the usual rules of composition, or is common as it is. */
const COMMON = [
  ...[
    'password',
    'Password',
    'password1',
    'Password1',
    'P@ssword1',
    'P@ssw0rd',
    'P@$$w0rd',
    'Passw0rd!',
    'PASSWORD123',
  ],
  ...['p4ssw0rd', 'Password!', 'Password123!', 'Password2024', 'P@ssw0rd2024!', 'passwordpassword', 'pass-word-1'],
  ...['12345678', '123456789', '1234567890', '12345678!', '1234-5678', '11111111', '00000000', '12121212', '87654321'],
  ...[
    'qwertyui',
    'qwerty123',
    'Qwerty123!',
    'Qwerty12345',
    'qwertyuiop',
    '1q2w3e4r',
    '1qaz2wsx',
    '!QAZ2wsx',
    'zxcvbnm1',
  ],
  ...['iloveyou', 'iloveyou1', 'ILoveYou!', 'Il0v3you', 'letmein1', 'Letmein!!', 'L3tm31n123', 'welcome1', 'Welcome1!'],
  ...['Welcome@123', 'admin123', 'Admin@123', '@dmin1234', 'administrator', 'Summer2024', 'Summer2024!', 'Winter23!'],
  ...['football', 'Football1', 'baseball1', 'sunshine', 'Sunsh1ne!', 'princess1', 'dragon123', 'Dr4g0n!!', 'monkey12'],
  ...['Monkey123!', 'superman', 'Superman1', 'trustno1', 'Trustn01!', 'abcd1234', 'Abcd@1234', 'changeme', 'Changeme1'],
  ...['starwars1', 'whatever1', 'secret123', 'test1234', 'Test1234!', 'abc12345', 'charlie1', 'michael1', 'jordan23'],
  ...['ｐａｓｓｗｏｒｄ', 'pässwörd1', 'postern1!'],
]

const GOOD = [
  ...['correct horse', 'correct horse battery staple', 'a very special secret', 'xkcd-936', 'tr0ub4dor&3', 'V7#kq!2m'],
  ...[
    'nul\u0000 inside',
    '用户密码安全一二三四',
    'пароль из шести слов',
    'my dog eats 3 pears',
    'k9vQ2xLw',
    'dragon 83749164927',
  ],
  ...['🐎🐖🐑🐄'.repeat(32), '83749164927461', 'violet-tundra-oboe', 'Tuesdays are for gin', 'x'.repeat(5) + 'yzw7Q'],
]

describe('isWeakPassword', () => {
  it.each(COMMON)('refuses the common password %s', (password) => {
    expect(isWeakPassword(password, [])).toBe(true)
  })

  it.each(GOOD)('accepts %s', (password) => {
    expect(isWeakPassword(password, ['ada@example.com', 'ada'])).toBe(false)
  })

  it.each([
    ['eight spaces', ' '.repeat(8)],
    ['spaces of many kinds', ' \u00a0\u2003\u3000\t\u2009\u2028\u205f'],
    ['invisible characters', '\u200b\u200c\u200d\u2060\u3164\ufeff\u00ad\u200e'],
    ['one letter', 'aaaaaaaa'],
    ['three letters', 'abcabcabcabc'],
  ])('refuses a password of %s', (_, password) => {
    expect(isWeakPassword(password, [])).toBe(true)
  })

  it.each([
    'grace-hopper',
    'Grace-Hopper1906!',
    'gr4ce-h0pper',
    'gracehopper',
    'grace.hopper@example.com',
    'Grace.Hopper@Example.com1',
  ])('refuses %s for the account of that name', (password) => {
    expect(isWeakPassword(password, ['grace.hopper@example.com', 'grace-hopper'])).toBe(true)
    expect(isWeakPassword(password, ['ada@example.com', 'ada', null])).toBe(false)
  })

  describe('with words of the deployment', () => {
    const words = contextWords(['Acme Corp.', 'Wömbatron', 'project falcon', 'go'])

    it.each([
      ...['Acme2026!', 'acmeacme!1', 'AcmePassword1', '4cm3-c0rp-2026', 'wombatron77', 'my-F4lc0n!', 'acme.corp'],
      'ProjectFalcon1',
    ])('refuses %s', (password) => {
      expect(isWeakPassword(password, [], words)).toBe(true)
    })

    it.each(['acme tundra oboe', 'violet-tundra-falcon', 'go tundra go', 'correct horse'])('accepts %s', (password) => {
      expect(isWeakPassword(password, [], words)).toBe(false)
    })

    it('refuses nothing because of words that are not listed', () => {
      for (const password of ['Acme2026!', 'wombatron77'])
        expect(isWeakPassword(password, [], contextWords(['Other']))).toBe(false)
    })

    it('refuses the name of the user beside one', () => {
      expect(isWeakPassword('acme-grace-hopper', ['grace.hopper@example.com'], words)).toBe(true)
    })
  })

  it('takes no longer for hostile passwords of the greatest length', () => {
    for (const password of [
      '\u0315\u0300'.repeat(64),
      `${'a'.repeat(127)}b`,
      `${'ab'.repeat(63)}ac`,
      '\ufdfa'.repeat(128),
    ])
      expect(typeof isWeakPassword(password, [])).toBe('boolean')
  })
})
