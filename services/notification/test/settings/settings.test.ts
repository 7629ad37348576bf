import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CATEGORIES } from '../../src/channels/channel.js'
import { DEFAULTS } from '../../src/settings/defaults.js'
import { settingsChanges } from '../../src/settings/settings-inputs.js'
import { localeChain } from '../../src/settings/locales.js'
import { settingsOf, withChoices } from '../../src/settings/choices.js'
import { CHANNEL_SETTINGS } from '../../src/settings/settings.js'
import { DIGESTS } from '../../src/timing/digests.js'

const channels = fc.dictionary(fc.constantFrom(...CHANNEL_SETTINGS), fc.boolean())
const choices = fc.record({
  timeZone: fc.constantFrom('Europe/Berlin', 'UTC'),
  categories: fc.dictionary(
    fc.constantFrom(...CATEGORIES),
    fc.record({ channels, digest: fc.constantFrom(...DIGESTS, undefined) }),
  ),
})

describe('settings', () => {
  it('are the defaults until something is chosen', () => expect(settingsOf({})).toEqual(DEFAULTS))

  it('keep what a change does not name', () => {
    const property = fc.property(choices, choices, (first, second) => {
      const [before, after] = [settingsOf(first), settingsOf(withChoices(first, second))]
      for (const category of CATEGORIES)
        for (const channel of CHANNEL_SETTINGS)
          expect(after.categories[category].channels[channel]).toBe(
            second.categories[category]?.channels[channel] ?? before.categories[category].channels[channel],
          )
      expect(after.timeZone).toBe(second.timeZone)
    })
    fc.assert(property, { numRuns: 100 })
  })
})

describe('a change of quiet hours', () => {
  const before = withChoices({}, { quietHours: { enabled: true, start: '21:00', end: '06:00' }, locale: 'de' })

  it.each<[what: string, change: Parameters<typeof withChoices>[1], after: object]>([
    [
      'of one part keeps the others',
      { quietHours: { start: '23:00' } },
      { enabled: true, start: '23:00', end: '06:00' },
    ],
    ['to off keeps the times', { quietHours: { enabled: false } }, { enabled: false, start: '21:00', end: '06:00' }],
    ['to null brings the default of that part back', { quietHours: { end: null } }, { start: '21:00', end: '07:00' }],
  ])('%s', (_, change, after) => {
    expect(settingsOf(withChoices(before, change))).toMatchObject({ quietHours: after, locale: 'de' })
  })
})

const problemsOf = (changes: object): string[] => {
  const result = settingsChanges.safeParse({ categories: [], ...changes })
  return result.success ? [] : result.error.issues.map(({ path }) => path.join('.'))
}

const category = (name: string, more: object = {}) => ({ category: name, channels: [], ...more })
const channel = (name: string, enabled: boolean) => ({ channel: name, enabled })

describe('a change of settings', () => {
  it.each([
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ timeZone: '+02:00' }, 'timeZone'],
    [{ timeZone: '' }, 'timeZone'],
    [{ locale: 'not a language' }, 'locale'],
    [{ digestTime: '24:00' }, 'digestTime'],
    [{ digestTime: '8:00' }, 'digestTime'],
    [{ digestWeekday: 0 }, 'digestWeekday'],
    [{ digestWeekday: 8 }, 'digestWeekday'],
    [{ quietHours: { enabled: true, start: '', end: '07:00' } }, 'quietHours.start'],
    [{ categories: [category('NEWS')] }, 'categories.0.category'],
    [{ categories: [category('SYSTEM', { digest: 'MONTHLY' })] }, 'categories.0.digest'],
    [{ categories: [category('SYSTEM', { channels: [channel('FAX', true)] })] }, 'categories.0.channels.0.channel'],
    [{ categories: [category('SYSTEM'), category('SYSTEM')] }, 'categories'],
    [{ categories: Array(7).fill(category('NEWS')) }, 'categories'],
    [{ categories: [category('SYSTEM', { channels: Array(11).fill(channel('FAX', true)) })] }, 'categories.0.channels'],
    [{ categories: [category('SECURITY', { digest: 'DAILY' })] }, 'categories.0.digest'],
    [
      { categories: [category('SECURITY', { channels: [channel('PUSH', false), channel('EMAIL', false)] })] },
      'categories.0.channels.1.enabled',
    ],
  ])('%o is refused for %s', (changes, path) => expect(problemsOf(changes)).toEqual([path]))

  it('takes names in any spelling, and stores the usual one', () => {
    expect(settingsChanges.parse({ timeZone: 'europe/berlin', locale: 'PT-br', categories: [] })).toMatchObject({
      timeZone: 'Europe/Berlin',
      locale: 'pt-BR',
    })
  })

  it('takes an empty language for that of the deployment', () =>
    expect(settingsChanges.parse({ locale: '', categories: [] }).locale).toBeNull())
})

it('falls back from a language to shorter ones, then to that of the deployment', () => {
  expect(localeChain('pt-BR', 'en')).toEqual(['pt-BR', 'pt', 'en'])
  expect(localeChain('en', 'en')).toEqual(['en'])
  expect(localeChain('zh-Hant-TW', 'de-AT')).toEqual(['zh-Hant-TW', 'zh-Hant', 'zh', 'de-AT', 'de'])
})
