// npm start: from a bare machine to a running service, for development.
import { build } from '../tools/launch/build.mjs'
import { claimCheckout } from '../tools/launch/checkout.mjs'
import { address, refuseTakenPort } from '../tools/launch/address.mjs'
import { makeFirstKey } from '../tools/launch/first-key.mjs'
import { installDependencies } from '../tools/launch/install.mjs'
import { Failure } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { migrate } from '../tools/launch/migrate.mjs'
import { bold, dim, elapsed, say, step } from '../tools/launch/progress.mjs'
import { developmentSettings } from '../tools/launch/secrets.mjs'
import { startService } from '../tools/launch/service.mjs'
import { databases } from '../tools/launch/databases.mjs'

let serving = false

async function start() {
  if (process.env['NODE_ENV'] === 'production') {
    throw new Failure('npm start is for development. In production: npm run build, npm run migrate, node dist/main.js')
  }
  const url = address()
  await claimCheckout(url.shown)
  await refuseTakenPort()
  say(`\n${bold('Postern')}\n`)

  const [running] = await Promise.all([databases(), code()])
  const settings = developmentSettings({ ...running.urls, POSTERN_URL: url.shown })
  await step('migrations', (note) => migrate(settings, note))
  if (settings['KEYS_DIR']) await step('keys', () => makeFirstKey(settings))
  const service = await step('service', () => startService(settings, url.local))
  serving = true
  welcome(url.shown, service.log, settings)
  await Promise.race([service.death, running.death])
}

async function code() {
  await step('dependencies', installDependencies)
  await step('build', build)
}

/** @param {string} url @param {string} log @param {NodeJS.ProcessEnv} settings */
function welcome(url, log, settings) {
  const signUp = settings['WEB'] === 'false' ? '' : `    Sign up      ${url}/\n`
  say(`
  ${bold('Ready')} ${dim(`after ${elapsed()}`)}

${signUp}\
    GraphQL      ${url}/graphql
    Playground   ${url}/playground
    Health       ${url}/health/ready
    Log          ${log}

  The first administrator:  npm run admin -- <email>
  Ctrl-C stops everything; the data stays for the next start.
`)
}

await main(start, { onSignal: () => (serving ? 0 : undefined) })
