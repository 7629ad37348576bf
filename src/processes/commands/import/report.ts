// Where refused lines are reported: a CSV file, or stderr.
import { appendFileSync, writeFileSync } from 'node:fs'
import { ConfigError } from '../../../config/index.js'
import { printable } from '@postern/service/commands/table'

export interface Report {
  refuse(line: number, problem: string): void
}

/** Written line by line, before the batch is committed: an interruption can repeat a line, and never loses one. */
export function createFileReport(path: string, { append }: { append: boolean }): Report {
  const orExplain = (write: () => void) => {
    try {
      write()
    } catch (error) {
      throw new ConfigError(`The report cannot be written: ${(error as Error).message}.`)
    }
  }
  if (!append) orExplain(() => writeFileSync(path, 'line,problem\n', { mode: 0o600 }))
  return {
    refuse: (line, problem) =>
      orExplain(() => appendFileSync(path, `${line},"${printable(problem).replaceAll('"', '""')}"\n`, { mode: 0o600 })),
  }
}

export const createPrintedReport = (print: (text: string) => void): Report => ({
  refuse: (line, problem) => print(`line ${line}: ${printable(problem)}`),
})
