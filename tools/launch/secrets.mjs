// .postern/env: the variables of the running development service, for `npm run admin`, `migrate`, `bench` and examples.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keep } from './paths.mjs'
import { makePrivate } from './server.mjs'

const file = join(keep, 'env')

const secret = () => `development-${randomBytes(32).toString('hex')}`

/** Written by an earlier start, with what somebody may have added by hand. @returns {Record<string, string>} */
function read() {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const lines = [...text.matchAll(/^\s*([A-Za-z_]\w*)\s*=\s*("?)(.*?)\2\s*$/gm)]
  return Object.fromEntries(lines.map(([, name, , value]) => [name, value]))
}

/** @param {string} value */
const quote = (value) => (/^[\w:/@.?&=%+,-]*$/.test(value) ? value : `"${value}"`)

/** @param {Record<string, string>} variables */
function write(variables) {
  makePrivate(keep)
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}\n`)
  writeFileSync(`${file}.new`, `# Written by npm start. For development only.\n${lines.join('')}`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/**
 * The settings of the service to start. Secrets are made once and stay from one start to the next; the environment's
 * own variables win over the file's.
 * @param {{ DATABASE_URL: string, REDIS_URL: string, POSTERN_URL: string }} running
 * @returns {NodeJS.ProcessEnv}
 */
export function developmentSettings(running) {
  const before = read()
  const pairs = keyPairs(process.env['KEYS_DIR'] || before['KEYS_DIR'], running.POSTERN_URL)
  const made = { JWT_SECRET: secret(), REFRESH_KEY: secret(), ...(pairs && { REVOCATION_KEY: secret() }) }
  const kept = { ...made, ...before, ...pairs, ...running }
  write(kept)
  return { NODE_ENV: 'development', ...kept, ...given(), ...running }
}

/**
 * With KEYS_DIR the service signs with key pairs, whose public parts others fetch. There is no shared secret then to derive
 * the revocation log's key from, hence a REVOCATION_KEY.
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
