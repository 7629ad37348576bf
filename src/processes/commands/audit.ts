// audit: verifies the audit log, and erases the personal data of a person from it.
import { ConfigError } from '../../config/index.js'
import { isId } from '@postern/service/ids'
import type { Command, Result } from '@postern/service/commands/command'
import { withApp } from './with-app.js'

/** Entries are sealed within a second. If none was for this long, no service is running. */
const UNSEALED_SECONDS = 60

function headOf(text: string) {
  const [, position, seal = ''] = /^(\d{1,15}):([\da-f]{64})$/.exec(text) ?? []
  if (position === undefined)
    throw new ConfigError('--from-head must be a position, a colon and a seal of 64 hex digits.')
  return { position: Number(position), seal }
}

const verify = (noted: string | null) => {
  const head = noted === null ? null : headOf(noted)
  return withApp(async ({ services: { audit } }): Promise<Result> => {
    const { problem, entries, erased, anchor, head: last, waiting } = await audit.verify(head)
    if (problem) return { text: `Position ${problem.position}: ${problem.text}`, failed: true }
    const lines = [
      `The audit log is intact: ${entries} entries, of which ${erased} have no details any more.`,
      ...(anchor > 0 ? [`Deleted because of their age: the entries up to position ${anchor}.`] : []),
      ...(waiting.seconds > UNSEALED_SECONDS
        ? [
            `Not sealed, the oldest for ${Math.floor(waiting.seconds)} s: ${waiting.count} entries. Is the service running, and with the same AUDIT_KEY?`,
          ]
        : []),
      ...(last.position > 0 ? [`Head, to note elsewhere: ${last.position}:${last.seal}`] : []),
    ]
    return { text: lines.join('\n'), failed: false }
  })
}

const erase = (name: string) =>
  withApp(async ({ services: { accounts, audit } }) => {
    // The account may be deleted already.
    const id = isId(name) ? name : (await accounts.operation.find(name)).id
    return `Erased the details of ${await audit.erasure.eraseNow(id)} entries about ${name}.`
  })

export const audit: readonly Command[] = [
  {
    words: ['audit', 'verify'],
    arguments: [],
    options: { 'from-head': '<position:seal>' },
    about: 'verify the audit log, and that it still has a head that was noted',
    run: (_args, options) => verify(typeof options['from-head'] === 'string' ? options['from-head'] : null),
  },
  {
    words: ['audit', 'erase'],
    arguments: [{ name: '<user>', needs: 'a user: an email address, a username or an id' }],
    about: 'erase the personal data of a user from the audit log',
    run: ([name = '']) => erase(name),
  },
]
