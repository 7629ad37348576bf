// Runs all parts, or only the named ones, and writes results.json, results.md and chart.svg.
import { parseArgs } from 'node:util'
import { Failure } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { say, step } from '../tools/launch/progress.mjs'
import { makeWorkspace } from '../tools/launch/workspace.mjs'
import { parts } from './parts/index.ts'
import { circumstances, load } from './report/circumstances.ts'
import { inText, markdownTable, writeReport } from './report/markdown.ts'
import { type Part, readResults, writeResults } from './report/results.ts'
import { openStage } from './stage/stage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '4' },
    minutes: { type: 'string', default: '10' },
    changes: { type: 'string', default: '10000' },
    only: { type: 'string', multiple: true, default: [] },
    before: { type: 'string' },
    print: { type: 'boolean', default: false },
    generations: { type: 'string', default: '4' },
    slices: { type: 'string', default: '30' },
  },
})
const slicing = {
  generations: Number(values.generations),
  slices: Number(values.slices),
  milliseconds: 150,
  warmUpRequests: 5000,
}
const { before } = values
const rounds = { rounds: Number(values.rounds), seconds: Number(values.seconds) }

function chosen(): [string, (typeof parts)[string]][] {
  const unknown = positionals.filter((name) => !(name in parts) && name !== 'report')
  if (unknown.length > 0) {
    throw new Failure(`Unknown part: ${unknown.join(', ')}. Available: ${Object.keys(parts).join(', ')}, report.`)
  }
  return Object.entries(parts).filter(([name, { isProof, isOptional }]) =>
    positionals.length === 0 ? !(isProof || isOptional) : positionals.includes(name),
  )
}

/** Returns the exit code: 1 if a proof failed. */
async function measureAll(): Promise<number> {
  const selected = chosen()
  let failed = false
  if (selected.length > 0) {
    const stage = await step('databases', makeWorkspace).then((folder) => openStage(folder))
    for (const [name, { measure, isProof, inRounds }] of selected) {
      const loadBefore = load()
      const part: Part = await step(name, (note) =>
        measure({
          ...{ stage, note, before, slicing, only: values.only },
          ...{ minutes: Number(values.minutes), changes: Number(values.changes), ...rounds },
        }),
      )
      if (values.print) {
        say(`\n${inText(part)}\n\n${part.tables.map(markdownTable).join('\n\n')}\n`)
        continue
      }
      const results = readResults()
      results[name] = { circumstances: circumstances(inRounds ? rounds : null, loadBefore), ...part }
      await writeResults(results)
      if (isProof) say(`\n${inText(part)}\n`)
      failed ||= isProof === true && part.targets.some(({ reached }) => reached === false)
    }
  }
  if (values.print) return 0
  const titles = Object.fromEntries(Object.entries(parts).map(([name, { title }]) => [name, title]))
  await writeReport(readResults(), titles)
  return failed ? 1 : 0
}

await main(measureAll)
