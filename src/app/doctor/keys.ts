// Checks the keys that sign tokens.
import type { Config } from '../../config/index.js'
import { createKeyCommands } from '../operator-commands.js'
import { type Finding, ok, problem, warning } from './finding.js'

const CREATE = 'Create the first key with: npm run keys -- rotate'

export async function checkKeys(config: Config): Promise<Finding[]> {
  if (!config.ACCEPTED_TOKEN_FORMATS.includes('jwt')) return [ok('Keys', 'PASETO_KEY')]
  const { KEYS_DIR } = config
  if (KEYS_DIR === undefined) return [checkSecrets(config)]
  const listed = await createKeyCommands({ ...config, KEYS_DIR })
    .list()
    .catch((error: unknown) => error as Error)
  if (listed instanceof Error) return [problem('Keys', `KEYS_DIR cannot be used: ${listed.message}`, CREATE)]
  const signing = listed.find(({ state }) => state === 'signing')
  const broken = listed.flatMap(({ problem: reason }) =>
    reason === undefined ? [] : [warning('Keys', reason, 'Repair the file or delete it.')],
  )
  return [
    signing
      ? ok('Keys', `KEYS_DIR: ${signing.kid} signs, ${listed.length} in all`)
      : problem('Keys', 'No key signs.', CREATE),
    ...broken,
  ]
}

function checkSecrets({ NODE_ENV, JWT_SECRET }: Config): Finding {
  if (NODE_ENV === 'production' || !JWT_SECRET.startsWith('development-')) return ok('Keys', 'JWT_SECRET')
  return warning('Keys', 'The secrets are those of development.', 'Generate your own before you go to production.')
}
