// Writes results.md from the results. Nothing else writes it.
import { fileURLToPath } from 'node:url'
import { drawChart } from './chart.ts'
import { writeFormatted } from './files.ts'
import type { Circumstances, Part, Results, Table } from './results.ts'

const file = fileURLToPath(new URL('../results.md', import.meta.url))

const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

export function markdownTable({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const rule = columns.map((_, i) => (i === 0 ? '---' : '--:'))
  return [columns, rule, ...rows].map(line).join('\n')
}

const section = ({ title, notes = [], ...table }: Table) =>
  [`### ${title}`, markdownTable(table), ...notes].join('\n\n')

const verdict = (reached: boolean | null) => (reached === null ? '' : reached ? 'yes' : '**no**')

function targets(results: Results): string {
  const rows = Object.values(results).flatMap((part) =>
    part.targets.map(({ what, goal, measured, spread, reached }) => [what, goal, measured, spread, verdict(reached)]),
  )
  return markdownTable({ columns: ['', 'target', 'measured', 'in the rounds', 'reached'], rows })
}

/** The claims of a proof, and what its tables say, for the terminal. */
export function inText({ targets: claims, tables }: Part): string {
  const verdicts = claims.map(({ what, goal, measured, reached }) =>
    [reached === null ? ' ' : reached ? '✔' : '✘', `${what}: ${measured}`, reached === null ? '' : `(${goal})`].join(
      ' ',
    ),
  )
  return [...verdicts, ...tables.flatMap(({ notes = [] }) => ['', ...notes])].join('\n')
}

function circumstances({ measured, rounds, secondsEach, loadBefore, loadAfter }: Circumstances): string {
  const load = `load average ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after`
  return `Measured on ${measured}; rounds: ${rounds}, ${secondsEach} s each; ${load}.`
}

function machine(results: Results): string {
  const all = Object.values(results).map((part) => part.circumstances)
  const processors = [...new Set(all.map(({ processor, cores }) => `${cores} × ${processor}`))]
  const versions = [
    ...new Set(all.flatMap((each) => Object.entries(each.versions).map(([name, version]) => `${name} ${version}`))),
  ]
  return `${processors.join('; ')}.\n\n${versions.join(', ')}.`
}

const reading = `Written by \`npm run bench\`; [README.md](README.md) describes the candidates and the method. The server under test has one
core to itself; the load generator, MariaDB and Redis share the others. Candidates take turns. A ratio is the ratio of the medians
over the rounds, shown with the lowest and the highest ratio within one round. "By CPU" is the same ratio for the processor time that
the servers spent per request; other work on the machine affects it less than requests per second. "Core used" is the share of its
core that a server used, "by others" is the share that other processes used. If the first is well below 100 %, the server was
waiting (for its stores, for the load generator or for other processes) and could do more than its requests per second show.`

/** Writes results.md, and the chart if the part `hit` was measured. */
export async function writeReport(results: Results, titles: Record<string, string>): Promise<void> {
  const parts = Object.entries(titles).flatMap(([name, title]) => {
    const part = results[name]
    return part ? [`## ${title}`, circumstances(part.circumstances), ...part.tables.map(section)] : []
  })
  const inOrder = Object.fromEntries(
    Object.keys(titles).flatMap((name) => (results[name] ? [[name, results[name]]] : [])),
  )
  const missing = Object.keys(titles).filter((name) => !results[name])
  const text = [
    '# Results',
    reading,
    '## Targets',
    targets(inOrder),
    ...(missing.length > 0 ? [`Not measured yet: ${missing.join(', ')}.`] : []),
    '## Machine',
    machine(inOrder),
    ...parts,
  ]
  await writeFormatted(file, `${text.join('\n\n')}\n`)
  if (results['hit']?.chart) drawChart(results['hit'].chart)
}
