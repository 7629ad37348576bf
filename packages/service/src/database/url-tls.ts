// What the spellings of other clients for TLS mean here: of MySQL, Connector/J, Prisma, Go, libpq and PlanetScale.

/**
 * What is verified about the server: that its certificate is for this host, only that a CA of DATABASE_CA signed it, or
 * nothing at all. 'off' is plain text.
 */
export type TlsMode = 'identity' | 'ca' | 'nothing' | 'off'

/** Names of parameters, without hyphens and underscores, whose value is one of `MODES`. */
const NAMES = new Set(['sslmode', 'ssl', 'usessl', 'requiressl', 'sslaccept', 'tls'])

/** MySQL's REQUIRED and libpq's require verify nothing. Here only a value that says so turns verification off. */
const MODES = new Map<string, TlsMode>([
  ...['verify-identity', 'verify-full', 'strict', 'required', 'require', 'true', '1', 'on', 'yes'].map(
    (word) => [word, 'identity'] as const,
  ),
  ['verify-ca', 'ca'],
  ...['accept-invalid-certs', 'skip-verify', 'no-verify'].map((word) => [word, 'nothing'] as const),
  ...['disabled', 'disable', 'false', '0', 'off', 'no'].map((word) => [word, 'off'] as const),
])

const PREFERRED = new Set(['preferred', 'prefer', 'allow'])

/** Flags of PyMySQL and Connector/J, which name what is verified. */
const FLAGS = new Set(['sslverifycert', 'sslverifyidentity', 'sslverifyservercert', 'verifyservercertificate'])

const CHOICES = 'VERIFY_IDENTITY, VERIFY_CA, REQUIRED or DISABLED'
const SKIP = 'write only sslaccept=accept_invalid_certs to skip the verification'

export const isTlsParameter = (key: string) => NAMES.has(key) || FLAGS.has(key)

/** `key` is the name in lower case, without hyphens and underscores. Returns a problem as `{ problem }`. */
export function readTlsMode(key: string, value: string): TlsMode | { problem: string } {
  const word = value.toLowerCase().replaceAll('_', '-')
  const mode = MODES.get(word)
  if (FLAGS.has(key)) {
    if (mode === 'identity') return 'identity'
    return { problem: mode === 'off' ? `can't be false; ${SKIP}` : 'must be true' }
  }
  if (mode) return mode
  if (PREFERRED.has(word)) return { problem: `can't be ${word}, which could continue in plain text; use ${CHOICES}` }
  if (value.startsWith('{')) return readJson(value)
  return { problem: `must be ${CHOICES}; ${SKIP}, and set DATABASE_CA to trust a CA of your own` }
}

/** The options of mysql2, as PlanetScale writes them: `ssl={"rejectUnauthorized":true}`. */
function readJson(value: string): TlsMode | { problem: string } {
  const problem = 'can contain only rejectUnauthorized, true or false; use DATABASE_CA for the certificate of a CA'
  try {
    const { rejectUnauthorized = true, ...others } = JSON.parse(value) as Record<string, unknown>
    if (typeof rejectUnauthorized !== 'boolean' || Object.keys(others).length > 0) return { problem }
    return rejectUnauthorized ? 'identity' : 'nothing'
  } catch {
    return { problem }
  }
}
