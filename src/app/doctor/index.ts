// Checks the configuration and everything that the service depends on.
import { OLDEST_NODE } from '@postern/service/node-version'
import type { Config } from '../../config/index.js'
import { VERSION } from '../../platform/version.js'
import { checkConfiguration } from './configuration.js'
import { checkDatabase } from './database.js'
import { type Finding, ok } from './finding.js'
import { checkKeys } from './keys.js'
import { checkMail } from './mail.js'
import { checkOAuth } from './oauth.js'
import { checkProviders } from './providers.js'
import { checkRedis } from './redis.js'

export type { Finding } from './finding.js'

/** Never rejects: a check that fails is a finding. */
export async function diagnose(config: Config): Promise<Finding[]> {
  const checks = [
    checkDatabase(config),
    checkRedis(config),
    checkKeys(config),
    checkProviders(config),
    checkOAuth(config),
    checkMail(config),
  ]
  return [...checkVersions(), ...checkConfiguration(config), ...(await Promise.all(checks)).flat()]
}

const checkVersions = (): Finding[] => [
  ok('Versions', `Postern ${VERSION}, Node.js ${process.versions.node} (needed: ${OLDEST_NODE} or later)`),
]
