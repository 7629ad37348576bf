// user import: reads users from a file and imports them in batches.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { App } from '../../../app/create-app.js'
import { ConfigError } from '../../../config/index.js'
import { readImportedUser } from '../../../schema/import.inputs.js'
import type { Work } from '@postern/service/commands/command'
import { withApp } from '../with-app.js'
import { toImportedUser } from './fields.js'
import { createProgressLine } from './progress.js'
import { type FileRecord, recordsOf } from './records.js'
import { createFileReport, createPrintedReport, type Report } from './report.js'
import { summaryOf, type Totals } from './summary.js'

interface Options {
  isTrial: boolean
  /** Reads all lines, also those that an earlier run has done. */
  fromStart: boolean
  report: string | null
}

/** In one transaction: many enough to be fast, few enough for one statement of each table. */
const BATCH = 500

/** No client waits for a batch, so it may take longer than a request. */
const WAIT = { timeout: 30 }

const NOTHING = { line: 0, imported: 0, refused: 0 }

export function importUsers(file: string, options: Options): Work {
  return withApp(async ({ services: { accounts } }) => {
    if (options.report !== null) await refuseSameFile(file, options.report)
    const source = options.isTrial || !(await isRegular(file)) ? null : await hashOf(file)
    const recorded = source === null ? null : await accounts.imports.progressOf(source)
    return run(accounts.imports, { ...options, file, source, recorded })
  }, WAIT)
}

/** What comes through a pipe can be read only once. */
const isRegular = async (file: string): Promise<boolean> =>
  file !== '-' && (await stat(file).catch(() => null))?.isFile() !== false

/** The report would overwrite what is to be imported. */
async function refuseSameFile(file: string, report: string): Promise<void> {
  const [one, other] = await Promise.all([file, report].map((path) => stat(path, { bigint: true }).catch(() => null)))
  if (one?.isFile() && other?.isFile() && one.dev === other.dev && one.ino === other.ino)
    throw new ConfigError('The report must be another file than the one to import.')
}

/** The key of a file's progress. */
async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash).catch((error: unknown) => {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}.`)
  })
  return hash.digest('hex')
}

type Imports = App['services']['accounts']['imports']

interface Run extends Options {
  file: string
  source: string | null
  recorded: typeof NOTHING | null
}

async function run(imports: Imports, { file, source, recorded, isTrial, fromStart, report: path }: Run) {
  const { stderr } = process
  const shown = createProgressLine({ write: (text) => stderr.write(text), isTerminal: stderr.isTTY })
  const continued = recorded !== null && !fromStart ? recorded : null
  if (continued) shown.print(`Continuing after line ${continued.line}.`)
  const report =
    path === null ? createPrintedReport(shown.print) : createFileReport(path, { append: continued !== null })
  const work = imports.start({ isTrial })
  const totals: Totals = { line: 0, imported: 0, withoutPassword: 0, skipped: 0, refused: 0 }
  let progress = recorded ?? NOTHING

  try {
    const bytes = file === '-' ? process.stdin : createReadStream(file)
    for await (const records of inBatches(recordsOf(bytes), continued?.line ?? 0)) {
      const { users, refused } = usersOf(records, report)
      const line = records.at(-1)?.line ?? 0
      const result = await work.import({ source, from: progress, users, refused, line })
      for (const refusal of result.refusals) report.refuse(refusal.line, refusal.problem)
      progress = result.progress
      totals.line = line
      totals.imported += result.imported
      totals.withoutPassword += result.withoutPassword
      totals.skipped += result.skipped
      totals.refused += refused + result.refusals.length
      shown.show(totals)
    }
  } catch (error) {
    shown.clear()
    if (totals.line > 0) shown.print(`Stopped after line ${totals.line}. Run the same command again to continue.`)
    throw error
  }
  shown.clear()
  return summaryOf(totals, { isTrial, before: continued })
}

/** The users of a batch. Reports the records that break the rules of inputs. */
function usersOf(records: readonly FileRecord[], report: Report) {
  const users = []
  let refused = 0
  for (const record of records) {
    const read = 'problem' in record ? record : readImportedUser(record.fields)
    if ('user' in read) users.push(toImportedUser(record.line, read.user))
    else {
      report.refuse(record.line, read.problem)
      refused += 1
    }
  }
  return { users, refused }
}

/** Records after this line, as many at once as fit into a batch. */
async function* inBatches(records: AsyncIterable<FileRecord>, after: number): AsyncGenerator<FileRecord[]> {
  let batch: FileRecord[] = []
  for await (const record of records) {
    if (record.line <= after) continue
    batch.push(record)
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
