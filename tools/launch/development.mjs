// What `npm start` and `npm run dev` share: everything from a bare machine up to a migrated database and its settings.
import { address, refuseTakenPort } from './address.mjs'
import { build } from './build.mjs'
import { claimCheckout } from './checkout.mjs'
import { checkConfiguration } from './configuration.mjs'
import { databases } from './databases.mjs'
import { addToEnvironment, readDotEnv } from './dotenv.mjs'
import { createFirstKey } from './first-key.mjs'
import { installDependencies } from './install.mjs'
import { Failure } from './lifetime.mjs'
import { migrate } from './migrate.mjs'
import { root } from './paths.mjs'
import { bold, dim, elapsed, say, step } from './progress.mjs'
import { developmentSettings } from './secrets.mjs'

/**
 * @param {string} command as people type it @param {import('./build.mjs').Purpose} purpose
 * @param {import('./databases.mjs').Wanted} [wanted]
 */
export async function prepareDevelopment(command, purpose, wanted) {
  addToEnvironment(readDotEnv())
  if (process.env['NODE_ENV'] === 'production') {
    throw new Failure(`${command} is for development. In production: npm run build, npm run migrate, node dist/main.js`)
  }
  const url = address()
  await claimCheckout(url.shown)
  await refuseTakenPort()
  say(`\n${bold('Postern')}\n`)

  const [running] = await Promise.all([databases(wanted), installAndBuild(purpose)])
  const settings = developmentSettings({ ...running.urls, POSTERN_URL: url.shown })
  await step('configuration', () => checkConfiguration(settings))
  await step('migrations', (note) => migrate(settings, note))
  const keysDir = settings['KEYS_DIR']
  if (keysDir) await step('keys', () => createFirstKey(keysDir, settings))
  return { url, settings, serverDeath: running.death }
}

/** @param {import('./build.mjs').Purpose} purpose @param {string[]} [steps] of the build: only these and what they need */
export async function installAndBuild(purpose, steps) {
  await step('dependencies', (note) => installDependencies(note, root, purpose))
  await step('build', (note) => build(note, purpose, steps))
}

/**
 * @param {string} url @param {string} log @param {NodeJS.ProcessEnv} settings @param {string} closing
 * @param {string} [gateway] its URL, if it runs
 */
export function welcome(url, log, settings, closing, gateway) {
  const signUp = settings['WEB'] === 'false' ? '' : `    Sign up      ${url}/\n`
  say(`
  ${bold('Ready')} ${dim(`after ${elapsed()}`)}

${signUp}\
    GraphQL      ${url}/graphql
    Playground   ${url}/playground
${settings['SMTP_URL'] ? '' : `    Mails        ${url}/mail\n`}\
${gateway ? `    REST         ${gateway}/docs\n` : ''}\
    Health       ${url}/health/ready
    Log          ${log}

  The first administrator:  npm run admin -- <email>
  ${closing}
`)
}
