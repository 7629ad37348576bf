// The tables of a database as it is, to compare them with a data model.
import type { TestDatabase } from './database.js'
import type { Table } from './prisma-schema.js'

export async function tablesOf(database: TestDatabase): Promise<Record<string, Table>> {
  const tables: Record<string, Table> = {}
  const columns = await database.query<Record<string, string>>(
    `SELECT table_name AS t, column_name AS c, column_type AS type, is_nullable AS nullable, column_default AS fallback
     FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY t, ordinal_position`,
  )
  for (const { t = '', c = '', type = '', nullable, fallback } of columns) {
    tables[t] ??= { columns: {}, indexes: {} }
    const given = fallback == null || fallback === 'NULL' ? null : fallback.replace(/^'(.*)'$/, '$1')
    tables[t].columns[c] =
      `${type.replace(/^(int|tinyint|bigint)\(\d+\)(?=.*unsigned)/, '$1')} ${nullable === 'YES' ? 'NULL' : 'NOT NULL'}${given === null ? '' : ` ${given}`}`
  }
  const indexes = await database.query<Record<string, string>>(
    `SELECT table_name AS t, index_name AS name, GROUP_CONCAT(column_name ORDER BY seq_in_index) AS columns, MIN(non_unique) AS plain
     FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY t, name`,
  )
  for (const { t = '', name = '', columns = '', plain } of indexes)
    if (tables[t]) tables[t].indexes[name] = `${Number(plain) ? '' : 'UNIQUE '}${columns}`
  return tables
}
