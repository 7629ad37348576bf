// Keeps the secrets that `npm start` generates out of production.
import type { Variables } from './values.js'

/** Generated secrets start with this. */
const PREFIX = 'development-'

/** What is wrong with the variables `names` in production. */
export const developmentSecrets = (env: Variables, names: readonly string[]): string[] =>
  env['NODE_ENV'] === 'production'
    ? names
        .filter((name) => env[name]?.startsWith(PREFIX))
        .map((name) => `${name} is a development secret; generate one for production with: openssl rand -hex 32`)
    : []
