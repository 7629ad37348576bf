// keys: creates, lists and deletes the key pairs of KEYS_DIR.
import { createKeyCommands } from '../../app/operator-commands.js'
import { ConfigError, readKeysConfig } from '../../config/index.js'
import type { Command, Work } from '@postern/service/commands/command'

type KeyCommands = ReturnType<typeof createKeyCommands>

/** Errors of the folder name the variable. */
const withKeys =
  (run: (keys: KeyCommands) => Promise<string>): (() => Work) =>
  () =>
  (env) =>
    run(createKeyCommands(readKeysConfig(env))).catch((error: unknown) => {
      throw error instanceof ConfigError
        ? error
        : new ConfigError(`KEYS_DIR cannot be used: ${(error as Error).message}.`)
    })

const deleted = (kids: readonly string[]) => kids.map((kid) => `Deleted: ${kid}`)

async function rotate(keys: KeyCommands): Promise<string> {
  const { key, created, deleted: kids } = await keys.rotate()
  const what = created ? `Created: ${key.kid}` : `The next key already exists: ${key.kid}`
  return [...deleted(kids), what, `It signs tokens from ${key.activeFrom.toISOString()}.`].join('\n')
}

async function list(keys: KeyCommands): Promise<string> {
  const listed = (await keys.list()).map(({ kid, state, activeFrom, retiresAt, problem }) => {
    if (problem) return `${kid}  broken     ${problem}`
    const until = retiresAt ? ` until ${retiresAt.toISOString()}` : ''
    return `${kid}  ${state.padEnd(9)}  ${activeFrom ? `from ${activeFrom.toISOString()}${until}` : ''}`.trimEnd()
  })
  return listed.join('\n') || 'There are no keys. Create the first one with: keys rotate'
}

const retire = async (keys: KeyCommands) => deleted(await keys.retire()).join('\n') || 'All keys are still needed.'

export const keys: readonly Command[] = [
  {
    words: ['keys', 'rotate'],
    arguments: [],
    about: 'create the next key pair in KEYS_DIR, and delete those that no token needs anymore',
    run: withKeys(rotate),
  },
  {
    words: ['keys', 'list'],
    arguments: [],
    about: 'list the key pairs, with their state and times',
    run: withKeys(list),
  },
  {
    words: ['keys', 'retire'],
    arguments: [],
    about: 'delete the key pairs that no token needs anymore',
    run: withKeys(retire),
  },
]
