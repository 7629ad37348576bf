import { readFile } from 'node:fs/promises'

/** Columns as `type NULL|NOT NULL default`, indexes as `UNIQUE? columns`, in the terms of the database. */
export interface Table {
  columns: Record<string, string>
  indexes: Record<string, string>
}

/** Derives the tables from a Prisma data model. Understands the part of Prisma's language that this project uses. */
export async function readDataModel(file: URL): Promise<Record<string, Table>> {
  const text = (await readFile(file, 'utf8')).replace(/^\s*\/\/.*$/gm, '')
  const blocks = [...text.matchAll(/^(model|enum) (\w+) \{(.*?)^\}/gms)].map(([, kind, name, body]) => ({
    ...{ kind, name: name ?? '', lines: (body ?? '').split('\n').flatMap((line) => line.trim() || []) },
  }))
  const enums = new Map(blocks.filter(({ kind }) => kind === 'enum').map(({ name, lines }) => [name, lines]))
  const models = blocks.filter(({ kind }) => kind === 'model')
  return Object.fromEntries(models.map(({ lines }) => toTable(lines, enums)))
}

function toTable(lines: string[], enums: Map<string, string[]>): [string, Table] {
  const table: Table = { columns: {}, indexes: {} }
  const names = new Map<string, string>()
  let name = ''
  for (const line of lines) {
    const key = /^@@id\(\[(.*?)\]\)/.exec(line)?.[1]
    const [, block, listed = '', map = ''] = /^@@(\w+)\((?:\[(.*?)\], map: )?"(\w+)"\)/.exec(line) ?? []
    const columnsOf = (fields: string) =>
      fields
        .split(', ')
        .map((field) => names.get(field))
        .join(',')
    if (key !== undefined) table.indexes['PRIMARY'] = `UNIQUE ${columnsOf(key)}`
    else if (block === 'map') name = map
    else if (block) table.indexes[map] = `${block === 'unique' ? 'UNIQUE ' : ''}${columnsOf(listed)}`
    else readField(line, enums, table, names)
  }
  return [name, table]
}

function readField(line: string, enums: Map<string, string[]>, table: Table, names: Map<string, string>): void {
  const [, field = '', type = '', optional, attributes = ''] = /^(\w+)\s+(\w+)(\?|\[\])?\s*(.*)$/.exec(line) ?? []
  const sql = columnType(type, attributes, enums)
  if (sql === null) return
  const column = /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field
  names.set(field, column)
  const fallback = /@default\("?(\w+)"?\)/.exec(attributes)?.[1]
  const given = fallback === undefined ? '' : ` ${{ true: '1', false: '0' }[fallback] ?? fallback}`
  table.columns[column] = `${sql} ${optional === '?' ? 'NULL' : 'NOT NULL'}${given}`
  if (/@id\b/.test(attributes)) table.indexes['PRIMARY'] = `UNIQUE ${column}`
  const unique = /@unique\(map: "(\w+)"\)/.exec(attributes)?.[1]
  if (unique) table.indexes[unique] = `UNIQUE ${column}`
}

/** Null for a relation, which has no column. */
function columnType(type: string, attributes: string, enums: Map<string, string[]>): string | null {
  const values = enums.get(type)
  if (values) return `enum(${values.map((value) => `'${value}'`).join(',')})`
  if (type === 'Boolean') return 'tinyint(1)'
  const [, native, size] = /@db\.(\w+)(?:\((\d+)\))?/.exec(attributes) ?? []
  if (!native) return null
  const unsigned = /^Unsigned(.*)$/.exec(native)?.[1]?.toLowerCase()
  if (unsigned) return `${unsigned} unsigned`
  return size ? `${native.toLowerCase()}(${size})` : native.toLowerCase()
}
