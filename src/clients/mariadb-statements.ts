// Announces statements of the mariadb driver on a diagnostics channel, as mysql2 and ioredis do for theirs.
import { tracingChannel } from 'node:diagnostics_channel'
import type { QueryOptions } from 'mariadb'

export type Sql = string | QueryOptions

const statements = tracingChannel('postern:statement')

/** Runs a statement. Its text, which has placeholders for its values, is announced if something listens. */
export const announced = <Result>(sql: Sql, run: () => Promise<Result>): Promise<Result> =>
  statements.hasSubscribers ? statements.tracePromise(run, { query: typeof sql === 'string' ? sql : sql.sql }) : run()
