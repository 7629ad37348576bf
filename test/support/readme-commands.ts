import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PATIENCE_MS } from './wait.js'

const run = promisify(execFile)
const SEPARATOR = '---postern---'

/** Some commands of a README, and the output that it shows below them as `# …`. */
interface Step {
  readonly commands: string
  readonly expected: readonly string[]
}

function stepsIn(readme: string): Step[] {
  const lines = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => [...block!.trim().split('\n'), ''])
  const steps: { commands: string; expected: string[] }[] = []
  let isExpected = true
  for (const line of lines) {
    const starts = isExpected && !line.startsWith('# ')
    isExpected = line.startsWith('# ')
    if (starts) steps.push({ commands: '', expected: [] })
    const step = steps.at(-1)
    if (!step) continue
    if (isExpected) step.expected.push(line.slice(2))
    else step.commands += `${line}\n`
  }
  return steps
}

/** `…` stands for any text. */
const toPattern = (line: string) =>
  new RegExp(`^${line.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*')}$`)

/**
 * Runs the shell commands of a README in one Bash, with addresses replaced, and compares what they print with what the README
 * shows. Gives each expected line that is missing, with the actual output; and how many were compared.
 */
export async function runReadme(path: string, replacements: Record<string, string>) {
  let readme = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
  for (const [text, replacement] of Object.entries(replacements)) {
    if (!readme.includes(text)) throw new Error(`${path} does not contain ${text}`)
    readme = readme.replaceAll(text, replacement)
  }
  const steps = stepsIn(readme)
  const cwd = mkdtempSync(join(tmpdir(), 'postern-readme-'))
  try {
    const script = steps.map(({ commands }) => `${commands}\necho '\n${SEPARATOR}'\n`).join('')
    const { stdout } = await run('bash', ['-c', script], { cwd, timeout: 2 * PATIENCE_MS })
    const outputs = stdout.split(SEPARATOR)
    const missing = steps.flatMap(({ expected }, i) => {
      const lines = (outputs[i] ?? '').split(/\r?\n/)
      return expected
        .filter((line) => !lines.some((printed) => toPattern(line).test(printed)))
        .map((line) => ({ line, lines }))
    })
    return { missing, compared: steps.flatMap(({ expected }) => expected).length }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** A command that ends once a request, with these arguments of curl, gets this status. */
export const untilStatus = (status: number, request: string): string =>
  `until [ "$(curl -s -o /dev/null -w '%{http_code}' ${request})" = ${status} ]; do :; done`
