import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const PAGE = 'docs/asvs.md'
const page = readFileSync(PAGE, 'utf8')

interface Row {
  number: string
  verdict: string
  how: string
}

/** The table rows that begin with the number of a requirement. */
const rows = [...page.matchAll(/^\| (\d+\.\d+\.\d+) +\| [123] +\| [^|]+ \| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
  ([, number = '', verdict = '', how = '']): Row => ({ number, verdict, how }),
)
const testsIn = (text: string) => [...text.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, file = '']) => file)
const linksIn = (text: string) => [...text.matchAll(/\]\((?!https:)([^)#]*)/g)].map(([, file = '']) => file)

it('docs/asvs.md has every requirement of its chapters once, in order', () => {
  const sections = new Map<string, string[]>()
  for (const { number } of rows) {
    const section = number.slice(0, number.lastIndexOf('.'))
    sections.set(section, [...(sections.get(section) ?? []), number])
  }
  for (const [section, numbers] of sections) expect(numbers).toEqual(numbers.map((_, n) => `${section}.${n + 1}`))
  expect(rows).toHaveLength(109)
})

it('docs/asvs.md names tests and documents that exist, for each requirement that is met', () => {
  const files = [...testsIn(page), ...linksIn(page).map((file) => (file === '' ? PAGE : join(dirname(PAGE), file)))]
  expect(files.filter((file) => !existsSync(file))).toEqual([])
  const isProved = ({ how }: Row) => testsIn(how).length > 0 || linksIn(how).length > 0
  expect(rows.filter((row) => row.verdict === 'met' && !isProved(row))).toEqual([])
})

it('docs/asvs.md begins with what is not met', () => {
  expect([...new Set(rows.map(({ verdict }) => verdict))].toSorted()).toEqual(['depends', 'met', 'n/a', 'not met'])
  const [, list = ''] = /^Not met: ([\d., \n]+)\.$/m.exec(page) ?? []
  expect(list.split(/,\s+/)).toEqual(rows.filter(({ verdict }) => verdict === 'not met').map(({ number }) => number))
})
