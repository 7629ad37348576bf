// Keeps the secrets that `npm start` generates out of production.
import type { Variables } from '@postern/service/values'

/** Generated secrets start with this. */
const PREFIX = 'development-'

const SECRETS = [
  'JWT_SECRET',
  'JWT_SECRET_PREVIOUS',
  'REFRESH_KEY',
  'REVOCATION_KEY',
  'AUDIT_KEY',
  'WEBHOOK_KEY',
  'MFA_KEY',
  'OAUTH_TOKEN_KEY',
  'GATEWAY_KEY',
]

export const developmentSecrets = (env: Variables): string[] =>
  env['NODE_ENV'] === 'production'
    ? SECRETS.filter((name) => env[name]?.startsWith(PREFIX)).map(
        (name) => `${name} is a development secret; generate one for production with: openssl rand -hex 32`,
      )
    : []
