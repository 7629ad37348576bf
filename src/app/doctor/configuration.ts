// Checks the variables: what is valid, but not safe in production.
import { type Config, databaseServer, processes } from '../../config/index.js'
import { type Finding, ok, warning } from './finding.js'
import { isLoopback } from './tls.js'

const TRUST_CA = 'Use ssl-mode=VERIFY_IDENTITY, with the CA in DATABASE_CA.'

export function checkConfiguration(config: Config): Finding[] {
  const count = processes(config)
  const summary = ok('Configuration', `${config.NODE_ENV}, ${count} ${count === 1 ? 'process' : 'processes'}`)
  return [summary, ...(config.NODE_ENV === 'production' ? [...checkTls(config), ...checkProduction(config)] : [])]
}

function checkTls(config: Config): Finding[] {
  const findings: Finding[] = []
  const plain = config.ALLOWED_ORIGINS.filter((origin) => origin.startsWith('http:'))
  if (plain.length > 0)
    findings.push(
      warning('TLS', `ALLOWED_ORIGINS has origins without TLS: ${plain.join(', ')}`, 'Serve these pages over HTTPS.'),
    )
  if (config.JWT_ISSUER.startsWith('http:'))
    findings.push(warning('TLS', 'JWT_ISSUER is a URL without TLS.', 'Discovery needs an https URL: docs/keys.md.'))
  const collector = config.OTEL_EXPORTER_OTLP_ENDPOINT && URL.parse(config.OTEL_EXPORTER_OTLP_ENDPOINT)
  if (collector && collector.protocol === 'http:' && !isLoopback(collector.hostname.replace(/^\[|\]$/g, '')))
    findings.push(
      warning(
        'TLS',
        'The collector of OTEL_EXPORTER_OTLP_ENDPOINT gets traces, and OTEL_EXPORTER_OTLP_HEADERS, without TLS.',
        'Use https, or a collector on a private network.',
      ),
    )
  if (databaseServer(config).tls?.verify === 'nothing')
    findings.push(
      warning('TLS', 'DATABASE_URL verifies no certificate: anyone on the network can pose as the server.', TRUST_CA),
    )
  return findings
}

function checkProduction(config: Config): Finding[] {
  const findings: Finding[] = []
  if (config.METRICS_TOKEN === undefined && config.METRICS_PORT === undefined)
    findings.push(
      warning('Metrics', 'Production serves no metrics.', 'Set METRICS_TOKEN or METRICS_PORT: docs/production.md.'),
    )
  if (config.AUDIT_KEY === undefined)
    findings.push(
      warning(
        'Audit log',
        'AUDIT_KEY is not set. Entries are sealed with a key from REFRESH_KEY, which must then stay the same.',
        'Generate one (openssl rand -hex 32), and keep a copy of it elsewhere: docs/production.md.',
      ),
    )
  if (config.TRUST_PROXY.length === 0)
    findings.push(
      warning(
        'Proxy',
        'TRUST_PROXY is not set. Behind a proxy, all clients would share its address and its limits.',
        'Set it to the address of the proxy that ends TLS.',
      ),
    )
  return findings
}
