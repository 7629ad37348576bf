// doctor: checks the configuration and the servers, and says what to do about each problem.
import type { Finding } from '../../app/doctor/index.js'
import { ConfigError, readConfig } from '../../config/index.js'
import type { Variables } from '@postern/service/values'
import type { Command, Result } from '@postern/service/commands/command'
import { printable } from '@postern/service/commands/table'

const LABELS = { ok: 'ok', warning: 'warning', error: 'ERROR' } as const

function render(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  return findings
    .flatMap(({ level, subject, text, advice }) => {
      const indent = ' '.repeat(LABELS.warning.length + width + 4)
      const line = `${LABELS[level].padEnd(LABELS.warning.length)}  ${subject.padEnd(width)}  ${printable(text)}`
      return advice === undefined ? [line] : [line, `${indent}${advice}`]
    })
    .join('\n')
}

function conclude(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  if (count('error') > 0)
    return `Correct the ${count('error') === 1 ? 'error' : `${count('error')} errors`} before you start the service.`
  return count('warning') > 0 ? 'The service can run. Look at the warnings.' : 'Everything is in order.'
}

async function examine(env?: Variables): Promise<Result> {
  try {
    const config = readConfig(env)
    const { diagnose } = await import('../../app/doctor/index.js')
    const findings = await diagnose(config)
    const failed = findings.some(({ level }) => level === 'error')
    return { text: `${render(findings)}\n\n${conclude(findings)}`, failed }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const advice = '.env.example and the README describe every variable. The other checks need a valid configuration.'
    return { text: `ERROR    ${error.message}\n${advice}`, failed: true }
  }
}

export const doctor: Command = {
  words: ['doctor'],
  arguments: [],
  about: 'check the configuration, the servers, the keys and the clock, and say what to do',
  run: () => examine,
}
