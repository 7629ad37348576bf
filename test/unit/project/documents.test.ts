import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('docs/README.md lists every decision record once, in order', () => {
  const records = readdirSync('docs/adr').toSorted()
  const listed = readFileSync('docs/README.md', 'utf8').matchAll(/^\| \[(\d{4})\]\(adr\/(\1-[\w-]+\.md)\)/gm)
  expect([...listed].map(([, , file]) => file)).toEqual(records)
})
