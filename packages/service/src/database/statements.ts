// What every transaction offers: prepared statements, and work for after its commit.
import { inInserts } from './placeholders.js'

export type Values = (string | number | Date | Uint8Array | null)[]

/** Prepared statements of one transaction. After a failed one, every later one is refused and nothing is written. */
export interface Statements {
  select<Row>(sql: string, values: Values): Promise<Row[]>
  /** Returns the number of rows that match the statement's condition, changed or not. */
  write(sql: string, values: Values): Promise<number>
  /** Runs `work` once the transaction is committed. It must not throw, and does not delay the result. */
  afterCommit(work: () => void): void
}

/** The work that waits for one commit. */
export function createAfterCommit() {
  const waiting: (() => void)[] = []
  return {
    add: (work: () => void): void => void waiting.push(work),
    run(): void {
      for (const work of waiting) work()
    },
  }
}

/** Inserts many rows, which have their values in the order of `columns`. `ending`: what follows the rows in the statement. */
export async function insertAll(
  tx: Statements,
  table: string,
  columns: readonly string[],
  rows: readonly Values[],
  ending: '' | ` ${string}` = '',
): Promise<void> {
  for (const { part, groups } of inInserts(rows))
    await tx.write(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${groups(columns.length)}${ending}`,
      part.flat(),
    )
}
