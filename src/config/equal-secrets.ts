// Finds secrets that are used twice: a leak of one must not expose another.

const SECRETS = [
  'JWT_SECRET',
  'JWT_SECRET_PREVIOUS',
  'REFRESH_KEY',
  'REVOCATION_KEY',
  'PASETO_KEY',
  'PASETO_KEY_PREVIOUS',
  'METRICS_TOKEN',
  'AUDIT_KEY',
  'WEBHOOK_KEY',
  'MFA_KEY',
  'OAUTH_TOKEN_KEY',
  'GATEWAY_KEY',
  'GATEWAY_KEY_PREVIOUS',
] as const

/** Pairs of variables that hold the same secret. Letter case makes no difference, because PASETO keys are hex. */
export function findEqualSecrets(env: Readonly<Record<string, string | undefined>>): [string, string][] {
  const present = SECRETS.filter((name) => env[name])
  return present.flatMap((name, i) =>
    present
      .slice(i + 1)
      .flatMap((other): [string, string][] =>
        env[name]?.toLowerCase() === env[other]?.toLowerCase() ? [[name, other]] : [],
      ),
  )
}
