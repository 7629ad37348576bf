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
import { migrateAll } from './migrate.mjs'
import { root } from './paths.mjs'
import { bold, dim, elapsed, say, step } from './progress.mjs'
import { developmentSettings } from './secrets.mjs'

/**
 * @param {string} command as people type it @param {import('./build.mjs').Purpose} purpose
 * @param {import('./running.mjs').Programs} programs
 */
export async function prepareDevelopment(command, purpose, programs) {
  addToEnvironment(readDotEnv())
  if (process.env['NODE_ENV'] === 'production') {
    throw new Failure(`${command} is for development. In production: npm run build, npm run migrate, node dist/main.js`)
  }
  const url = address()
  await claimCheckout(url.shown)
  await refuseTakenPort()
  say(`\n${bold('Postern')}\n`)

  const beside = programs.beside.length > 0
  const [running] = await Promise.all([databases(programs), installAndBuild(purpose, { beside })])
  const settings = developmentSettings({ ...running.urls, POSTERN_URL: url.shown })
  await step('configuration', () => checkConfiguration(settings))
  await step('migrations', (note) => migrateAll(programs.beside, settings, note))
  const keysDir = settings['KEYS_DIR']
  if (keysDir) await step('keys', () => createFirstKey(keysDir, settings))
  return { url, settings, serverDeath: running.death }
}

/** @param {import('./build.mjs').Purpose} purpose @param {import('./build.mjs').Choice} [choice] */
export async function installAndBuild(purpose, choice) {
  await step('dependencies', (note) => installDependencies(note, root, purpose))
  await step('build', (note) => build(note, purpose, choice))
}

/**
 * @param {string} url @param {string} log @param {NodeJS.ProcessEnv} settings @param {string} closing
 * @param {Record<string, string>} others where other programs answer, by their title
 */
export function welcome(url, log, settings, closing, others) {
  const lines = {
    ...(settings['WEB'] !== 'false' && { 'Sign up': `${url}/` }),
    GraphQL: `${url}/graphql`,
    Playground: `${url}/playground`,
    ...(!settings['SMTP_URL'] && { Mails: `${url}/mail` }),
    ...others,
    Health: `${url}/health/ready`,
    Log: log,
  }
  const list = Object.entries(lines).map(([title, value]) => `    ${title.padEnd(12)} ${value}`)
  say(`
  ${bold('Ready')} ${dim(`after ${elapsed()}`)}

${list.join('\n')}

  The first administrator:  npm run admin -- <email>
  ${closing}
`)
}
