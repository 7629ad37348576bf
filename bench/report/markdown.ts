// Writes results.md from the results. Nothing else writes it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawChart } from './chart.ts'
import { writeFormatted } from './files.ts'
import type { Circumstances, Part, Results, Table } from './results.ts'
import { times, whole } from './statistics.ts'

const file = fileURLToPath(new URL('../results.md', import.meta.url))
/** What was tried for the targets that were missed: written by hand. */
const attempts = new URL('../attempts.md', import.meta.url)

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
  return markdownTable({ columns: ['', 'target', 'measured', 'range', 'reached'], rows })
}

/** Each operation beside that of better-auth. */
function besidePeers(results: Results): string[] {
  const rows = Object.entries(results).flatMap(([part, { peers = [] }]) =>
    peers.map(({ name, ours, theirs, rate, cpu }) => [
      part,
      name,
      ...[ours.perSecond, theirs.perSecond].map(whole),
      `${times(rate.value)} (${rate.low.toFixed(2)} to ${rate.high.toFixed(2)})`,
      times(cpu),
      ...[ours.cpu, theirs.cpu, ours.mariadb, theirs.mariadb].map(whole),
    ]),
  )
  const columns = ['', 'beside', 'Postern, requests/s', 'the other', 'Postern is', 'by CPU']
  const costs = ['Postern, CPU µs', 'the other', 'MariaDB for Postern, µs', 'for the other']
  return rows.length === 0 ? [] : ['## Beside better-auth', markdownTable({ columns: [...columns, ...costs], rows })]
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
  const each = rounds === undefined ? '' : ` rounds: ${rounds}, ${secondsEach} s each;`
  return `Measured on ${measured};${each} ${load}.`
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
core to itself; the load generator, MariaDB and Redis share the others. Where a table has quartiles, candidates took turns in slices
of a tenth of a second: a ratio is the median of the ratios of pairs of slices, shown with its quartiles. "By CPU" is the same for the
processor time that the servers spent per request; other work on the machine affects it less than requests per second. "MariaDB" and
"Redis" are what a request costs there. "Core used" is the share of its core that a server used: if it is well below 100 %, the
server was waiting (for its stores, for the load generator or for other processes) and could do more than its requests per second
show. In the other tables a ratio is that of the medians of rounds, with the lowest and the highest within one round.`

function drawCharts(results: Results): void {
  const checks = results['hit']?.chart
  if (checks)
    drawChart(
      checks.toSorted((a, b) => b.value - a.value),
      {
        file: 'chart.svg',
        title: 'Checks of a taken username per second, one core for the server',
        subtitle: 'median of the slices, with their quartiles',
        label: 'Username checks per second on one core',
        format: whole,
      },
    )
  const beside = Object.entries(results).flatMap(([part, { peers = [] }]) =>
    peers.map(({ name, rate }) => ({ ...rate, name: `${part} / ${name.replace('better-auth, ', '')}` })),
  )
  if (beside.length > 0)
    drawChart(beside, {
      file: 'beside.svg',
      title: 'Requests per second of Postern, as a multiple of better-auth’s',
      subtitle: 'median of the pairs of slices, with their quartiles',
      label: 'Operations of Postern beside those of better-auth',
      format: times,
    })
}

/** Writes results.md, and the charts of what was measured. */
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
    ...besidePeers(inOrder),
    readFileSync(attempts, 'utf8').trim(),
    '## Machine',
    machine(inOrder),
    ...parts,
  ]
  await writeFormatted(file, `${text.join('\n\n')}\n`)
  drawCharts(inOrder)
}
