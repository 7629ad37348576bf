// The purposes of this deployment: those that every one has, and those of the operator's file.
import { canonicalLanguage, type ParsedPurpose, parsePurposeFile, purposeList } from './purpose-file.js'
import { PREDEFINED } from './predefined.js'
import { hashOf, type Purpose, type PurposeRelease, releasesOf } from './purpose.js'

export interface CatalogOptions {
  /** The text of CONSENT_PURPOSES_FILE. Null: there is none. */
  readonly file: string | null
  /** The language of texts unless a caller wants another one. Every purpose must have it. */
  readonly language: string
  /** Of purposes that say nothing else. */
  readonly lifetimeDays: number
}

/** A version in one language, as a person sees it. */
export interface PurposeView extends PurposeRelease {
  readonly hash: string
}

export interface Catalog {
  /** By name. */
  readonly purposes: readonly Purpose[]
  readonly find: (name: string) => Purpose | undefined
  /** In this language, or in its base language (`pt` for `pt-BR`), or in that of the deployment. */
  readonly view: (purpose: Purpose, language?: string) => PurposeView
  /** In exactly this language, by default that of the deployment. Undefined if there is no such text. */
  readonly release: (purpose: Purpose, language?: string) => PurposeView | undefined
}

/** What is wrong with the file, as one message for its operator. */
export class PurposesError extends Error {
  override readonly name = 'PurposesError'
}

/** Throws a {@link PurposesError}. */
export function createCatalog({ file, language, lifetimeDays }: CatalogOptions): Catalog {
  const own = file === null ? [] : read(file)
  const replaced = new Set(own.map(({ name }) => name))
  const purposes = [...purposeList.parse(PREDEFINED).filter(({ name }) => !replaced.has(name)), ...own]
    .map((parsed) => toPurpose(parsed, lifetimeDays))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const lacking = purposes.filter(({ texts }) => !texts.has(language)).map(({ name }) => name)
  if (lacking.length > 0) throw new PurposesError(`${lacking.join(', ')}: has no text in ${language}`)

  const byName = new Map(purposes.map((purpose) => [purpose.name, purpose]))
  const views = new Map(
    purposes.map((purpose) => [
      purpose.name,
      new Map(releasesOf(purpose).map((release) => [release.language, { ...release, hash: hashOf(release) }])),
    ]),
  )
  const release = ({ name }: Purpose, tag = language) => views.get(name)?.get(tag)
  return {
    purposes,
    find: (name) => byName.get(name),
    release,
    view(purpose, wanted) {
      const tag = wanted === undefined ? null : canonicalLanguage(wanted)
      const found = tag === null ? undefined : (release(purpose, tag) ?? release(purpose, tag.split('-', 1)[0]))
      return found ?? (release(purpose) as PurposeView)
    },
  }
}

function read(file: string): ParsedPurpose[] {
  try {
    return parsePurposeFile(file)
  } catch (error) {
    if (error instanceof SyntaxError) throw new PurposesError('is no JSON')
    const { issues = [] } = error as { issues?: { path: PropertyKey[]; message: string }[] }
    throw new PurposesError(issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
  }
}

const toPurpose = ({ texts, scopes, lifetimeDays, ...rest }: ParsedPurpose, lifetime: number): Purpose => ({
  ...rest,
  scopes: [...scopes].sort(),
  texts: new Map(Object.entries(texts)),
  lifetimeDays: lifetimeDays ?? lifetime,
})
