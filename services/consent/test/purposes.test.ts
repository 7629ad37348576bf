import { describe, expect, it } from 'vitest'
import { createCatalog, PurposesError } from '../src/purposes/catalog.js'
import { hashOf, releasesOf } from '../src/purposes/purpose.js'

const text = { title: 'Title', text: 'Text.' }
const own = { name: 'workflows.publish', version: 3, scopes: ['b', 'a'], texts: { en: text, 'pt-BR': text } }
const catalogOf = (purposes: unknown, language = 'en') =>
  createCatalog({ file: JSON.stringify({ purposes }), language, lifetimeDays: 365 })

describe('the purposes of a deployment', () => {
  it('are nine, without a file', () => {
    const { purposes } = createCatalog({ file: null, language: 'en', lifetimeDays: 365 })
    expect(purposes.map(({ name }) => name)).toEqual([
      ...['analytics.usage', 'integrations.read', 'integrations.write', 'notifications.email'],
      ...['notifications.marketing', 'user.activity', 'user.profile', 'workflows.execute', 'workflows.share'],
    ])
  })

  it('are also those of a file, which can replace others', () => {
    const { purposes, find } = catalogOf([
      own,
      { name: 'user.profile', version: 2, texts: { en: text }, lifetimeDays: 7 },
    ])
    expect(purposes).toHaveLength(10)
    expect(find('workflows.publish')).toMatchObject({ version: 3, scopes: ['a', 'b'], lifetimeDays: 365 })
    expect(find('user.profile')).toMatchObject({ version: 2, lifetimeDays: 7 })
  })

  it('are shown in the language that someone reads, if they have it', () => {
    const { find, view, release } = catalogOf([own])
    const purpose = find('workflows.publish') as NonNullable<ReturnType<typeof find>>
    expect(
      ['pt-BR', 'pt-br', 'en-GB', 'de', 'no language', undefined].map((tag) => view(purpose, tag).language),
    ).toEqual(['pt-BR', 'pt-BR', 'en', 'en', 'en', 'en'])
    expect(release(purpose, 'de')).toBeUndefined()
  })

  it('have another hash for whatever a person sees', () => {
    const [release] = releasesOf(catalogOf([own]).find('workflows.publish') as never)
    const changes = [
      ...[{ text: 'Other.' }, { title: 'Other' }, { version: 4 }, { language: 'de' }, { purpose: 'x.y' }],
      ...[{ scopes: [] }, { data: ['a'] }, { recipients: ['a'] }, { storageLocations: ['a'] }, { retention: 'a' }],
    ]
    const hashes = [{}, ...changes].map((change) => hashOf({ ...(release as never as object), ...change } as never))
    expect(new Set(hashes).size).toBe(changes.length + 1)
  })

  it.each<[what: string, file: unknown, language: string, message: RegExp]>([
    ['a name without a dot', [{ ...own, name: 'workflows' }], 'en', /purposes\.0\.name must be words/],
    ['a purpose twice', [own, own], 'en', /has a purpose twice/],
    ['a scope twice', [{ ...own, scopes: ['a', 'a'] }], 'en', /has a scope twice/],
    ['an unknown key', [{ ...own, verison: 1 }], 'en', /verison/],
    ['a language in another form', [{ ...own, texts: { EN: text } }], 'en', /language tag/],
    ['no text', [{ ...own, texts: {} }], 'en', /needs a text/],
    ['no text in the language of the deployment', [own], 'de', /workflows\.publish.*has no text in de/],
    ['a version of 0', [{ ...own, version: 0 }], 'en', /purposes\.0\.version/],
  ])('can not have %s', (_, file, language, message) => {
    expect(() => catalogOf(file, language)).toThrow(PurposesError)
    expect(() => catalogOf(file, language)).toThrow(message)
  })

  it('can not be in a file that is no JSON', () => {
    expect(() => createCatalog({ file: '{', language: 'en', lifetimeDays: 1 })).toThrow('is no JSON')
  })
})
