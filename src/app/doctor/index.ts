// Checks the configuration and everything that the service depends on.
import { type Config, processes } from '../../config/index.js'
import { OLDEST_NODE } from '../../platform/node-version.js'
import { VERSION } from '../../platform/version.js'
import { checkDatabase } from './database.js'
import { type Finding, ok, warning } from './finding.js'
import { checkKeys } from './keys.js'
import { checkRedis } from './redis.js'

export type { Finding } from './finding.js'

/** Never rejects: a check that fails is a finding. */
export async function diagnose(config: Config): Promise<Finding[]> {
  const [database, redis, keys] = await Promise.all([checkDatabase(config), checkRedis(config), checkKeys(config)])
  return [...checkVersions(), ...checkConfiguration(config), ...database, ...redis, ...keys]
}

const checkVersions = (): Finding[] => [
  ok('Versions', `Postern ${VERSION}, Node.js ${process.versions.node} (needed: ${OLDEST_NODE} or later)`),
]

function checkConfiguration(config: Config): Finding[] {
  const count = processes(config)
  const findings = [ok('Configuration', `${config.NODE_ENV}, ${count} ${count === 1 ? 'process' : 'processes'}`)]
  if (config.NODE_ENV !== 'production') return findings
  const plain = config.ALLOWED_ORIGINS.filter((origin) => origin.startsWith('http:'))
  if (plain.length > 0)
    findings.push(
      warning('TLS', `ALLOWED_ORIGINS has origins without TLS: ${plain.join(', ')}`, 'Serve these pages over HTTPS.'),
    )
  if (config.JWT_ISSUER.startsWith('http:'))
    findings.push(warning('TLS', 'JWT_ISSUER is a URL without TLS.', 'Discovery needs an https URL: docs/keys.md.'))
  if (config.METRICS_TOKEN === undefined && config.METRICS_PORT === undefined)
    findings.push(
      warning('Metrics', 'Production serves no metrics.', 'Set METRICS_TOKEN or METRICS_PORT: docs/production.md.'),
    )
  return findings
}
