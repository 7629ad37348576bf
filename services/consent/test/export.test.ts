import { describe, expect, it } from 'vitest'
import type { ConsentRow } from '../src/consents/consent.js'
import { csvExport } from '../src/export/csv-export.js'
import { csvLine } from '../src/export/csv.js'
import { jsonExport } from '../src/export/json.js'
import type { ExportFormat, ExportHead } from '../src/export/parts.js'
import type { Entry } from '../src/history/entry.js'

const controller = { name: 'Acme, "the" company', address: 'Berlin', contact: 'mail@acme.test' }
const at = new Date('2026-11-30T12:00:00.000Z')
const base = {
  ...{ purpose: 'user.profile', scopes: ['email', 'name'], textVersion: 1, language: 'en', textHash: 'h' },
  ...{ expiresAt: at, jurisdiction: null },
}
const consent: ConsentRow = {
  ...{ ...base, id: 'id', userId: 'user', state: 'GRANTED', grantedAt: at, revokedAt: null, sequence: 2 },
}
const entry = (sequence: number, details: Entry['details']): Entry => ({
  ...{ ...base, sequence, schemaVersion: 1, consentId: 'id', type: 'GRANTED', at, recordedBy: 'user', source: 'web' },
  ...{ controller, commitment: 'c', keyId: 'k', mac: 'm', details },
})
const text = {
  ...{ purpose: 'user.profile', version: 1, language: 'en', title: 'Title', text: 'Line 1\nLine 2', hash: 'h' },
  ...{ scopes: [], data: ['name'], recipients: [], storageLocations: ['EU'], retention: '' },
}
const head: ExportHead = { userId: 'user', exportedAt: at, controller, consents: [consent], texts: [text] }
const entries = [entry(1, null), entry(2, { salt: 's', address: '192.0.2.1', userAgent: '=HYPERLINK("x")' })]

/** In as many pages as there are entries. */
const fileOf = (format: ExportFormat): string =>
  format.begin(head) + entries.map((one, i) => format.entries([one], i === 0)).join('') + format.end()

describe('an export', () => {
  it('is one object in JSON, in however many pages, without salts', () => {
    const file = JSON.parse(fileOf(jsonExport)) as Record<string, unknown[]>
    expect(file['consents']).toHaveLength(1)
    expect(file['texts']).toEqual([text])
    expect(file['history']).toMatchObject([
      { sequence: 1, address: null, detailsErased: true },
      { sequence: 2, address: '192.0.2.1', userAgent: '=HYPERLINK("x")', detailsErased: false },
    ])
    expect(JSON.stringify(file)).not.toContain('salt')
    expect(JSON.parse(jsonExport.begin({ ...head, consents: [] }) + jsonExport.end())).toMatchObject({ history: [] })
  })

  it('is a table in CSV, whose lines have all columns', () => {
    const [columns, ...lines] = fileOf(csvExport).split('\r\n')
    expect(lines.map((line) => line.split(',', 1)[0])).toEqual(['consent', 'text', 'event', 'event', ''])
    const width = columns?.split(',').length
    // A line whose fields have no commas.
    expect(lines[1]?.split(',').length).toBe(width)
    expect(fileOf(csvExport)).toContain('"Acme, ""the"" company"')
    expect(fileOf(csvExport)).toContain('"Line 1\nLine 2"')
  })
})

describe('a line of CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1', '＝1'])(
    'has text where a spreadsheet would see the formula %j',
    (formula) => expect(csvLine([formula])).toBe(`"'${formula}"\r\n`),
  )

  it('quotes what RFC 4180 says, and leaves the rest', () => {
    expect(csvLine(['a b', 'a,b', 'a"b', 'a\nb', '', null, 1, true, '2026-11-30'])).toBe(
      'a b,"a,b","a""b","a\nb",,,1,true,2026-11-30\r\n',
    )
  })
})
