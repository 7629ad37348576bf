// .postern/env: the variables of the running development service, for `npm run admin`, `migrate`, `keys`, `gateway`, `consent`,
// `notification` and the example.
import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvFile } from './dotenv.mjs'
import { gatewaySettings } from './gateway.mjs'
import { keep } from './paths.mjs'
import { makePrivate } from './server.mjs'
import { serviceKeys } from './services.mjs'

export const savedSettings = join(keep, 'env')

const secret = () => `development-${randomBytes(32).toString('hex')}`

/** @param {string} value */
const quote = (value) => (/^[\w:/@.?&=%+,-]*$/.test(value) ? value : `"${value}"`)

/** @param {Record<string, string>} variables */
function save(variables) {
  makePrivate(keep)
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}\n`)
  writeFileSync(`${savedSettings}.new`, `# Written by npm start. For development only.\n${lines.join('')}`, {
    mode: 0o600,
  })
  renameSync(`${savedSettings}.new`, savedSettings)
}

/**
 * The settings of the service to start. Secrets are created once and stay the same. Environment variables take
 * precedence over the file.
 * @param {{ DATABASE_URL: string, REDIS_URL: string, RABBITMQ_URL?: string, POSTERN_URL: string }} running
 * @returns {NodeJS.ProcessEnv}
 */
export function developmentSettings(running) {
  const before = readEnvFile(savedSettings)
  const pairs = keyPairs(process.env['KEYS_DIR'] || before['KEYS_DIR'], running.POSTERN_URL)
  const made = {
    ...{ JWT_SECRET: secret(), REFRESH_KEY: secret(), GATEWAY_KEY: secret(), SERVICE_KEYS: serviceKeys(secret) },
    ...{ CONSENT_KEY: secret(), NOTIFICATION_KEY: secret() },
    ...(pairs && { REVOCATION_KEY: secret() }),
  }
  // Of an earlier start, with a private RabbitMQ that does not run now.
  delete before['RABBITMQ_URL']
  // The gateway finds the service there, also if only this terminal has a GRPC_PORT.
  const kept = { ...made, ...before, ...pairs, ...running, ...gatewaySettings(process.env) }
  save(kept)
  return { NODE_ENV: 'development', ...kept, ...given(), ...running }
}

/**
 * With KEYS_DIR the service signs with key pairs, whose public halves other services fetch. Then no shared secret exists
 * to derive the key of the revocation stream from, hence a REVOCATION_KEY.
 * @param {string | undefined} folder
 * @param {string} url of the service
 */
function keyPairs(folder, url) {
  return folder ? { KEYS_DIR: folder, POSTERN_JWKS_URL: `${url}/.well-known/jwks.json` } : undefined
}

/** The environment without its empty variables, which count as absent. */
function given() {
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
}
