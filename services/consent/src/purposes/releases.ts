// The texts that were released. A version never changes, and no earlier one comes back: what people agreed to can be shown.
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'
import { type Catalog, PurposesError, type PurposeView } from './catalog.js'
import { type PurposeFacts, releasesOf } from './purpose.js'

interface ReleaseRow {
  purpose: string
  version: number
  language: string
  title: string
  text: string
  /** JSON. */
  facts: string
  hash: string
}

const COLUMNS = 'purpose, version, language, title, text, facts, text_hash AS hash'

/** Two processes can start at once. */
const RELEASE = `INSERT IGNORE INTO purpose_texts (purpose, version, language, title, text, facts, text_hash, released_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`

export type Releases = ReturnType<typeof createReleases>

export function createReleases(read: Read, write: Write) {
  const newest = () =>
    read<{ purpose: string; version: number }>(
      'SELECT purpose, MAX(version) AS version FROM purpose_texts GROUP BY purpose',
      [],
    )

  const released = () =>
    read<{ purpose: string; version: number; language: string; hash: string }>(
      'SELECT purpose, version, language, text_hash AS hash FROM purpose_texts',
      [],
    )

  return {
    /** At the start. Throws a {@link PurposesError} if a released text has changed, or a version has become smaller. */
    async release(catalog: Catalog): Promise<void> {
      const newestOf = new Map((await newest()).map(({ purpose, version }) => [purpose, version]))
      const old = catalog.purposes.filter(({ name, version }) => version < (newestOf.get(name) ?? 0))
      if (old.length > 0) throw new PurposesError(old.map((purpose) => oldProblem(purpose, newestOf)).join('; '))
      for (const purpose of catalog.purposes)
        for (const release of releasesOf(purpose)) {
          const { hash } = catalog.release(purpose, release.language) as PurposeView
          const { scopes, data, recipients, storageLocations, retention } = release
          const facts: PurposeFacts = { scopes, data, recipients, storageLocations, retention }
          const { version, language, title, text } = release
          await write(RELEASE, [purpose.name, version, language, title, text, JSON.stringify(facts), hash])
        }
      const hashes = new Map((await released()).map((row) => [idOf(row.purpose, row.version, row.language), row.hash]))
      const changed = catalog.purposes.flatMap((purpose) =>
        releasesOf(purpose).filter(({ language }) => {
          const expected = catalog.release(purpose, language)?.hash
          return hashes.get(idOf(purpose.name, purpose.version, language)) !== expected
        }),
      )
      if (changed.length > 0) throw new PurposesError(changed.map(changedProblem).join('; '))
    },

    /** The texts of these purposes, all versions. */
    async list(purposes: readonly string[]): Promise<PurposeView[]> {
      if (purposes.length === 0) return []
      const rows = await read<ReleaseRow>(
        `SELECT ${COLUMNS} FROM purpose_texts
         WHERE JSON_CONTAINS(?, JSON_QUOTE(purpose)) ORDER BY purpose, version, language`,
        [JSON.stringify(purposes)],
      )
      return rows.map(({ facts, ...row }) => ({ ...row, ...(JSON.parse(facts) as PurposeFacts) }))
    },
  }
}

const idOf = (purpose: string, version: number, language: string): string => `${purpose} ${version} ${language}`

const oldProblem = ({ name, version }: { name: string; version: number }, newest: ReadonlyMap<string, number>) =>
  `${name}: version ${version} is older than version ${newest.get(name)}, which was released`

const changedProblem = ({ purpose, version, language }: { purpose: string; version: number; language: string }) =>
  `${purpose}: version ${version} in ${language} was released with another text; give the new one version ${version + 1}`
