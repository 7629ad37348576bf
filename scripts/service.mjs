// npm run consent, npm run notification: one service beside Postern, with the settings of the last npm start here.
import { end, exit, spawn } from '../tools/launch/children.mjs'
import { installAndBuild } from '../tools/launch/development.mjs'
import { addToEnvironment, readDotEnv, readEnvFile } from '../tools/launch/dotenv.mjs'
import { Failure, onStop } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { migrateBeside } from '../tools/launch/migrate.mjs'
import { inRoot, node, root } from '../tools/launch/paths.mjs'
import { step } from '../tools/launch/progress.mjs'
import { savedSettings } from '../tools/launch/secrets.mjs'
import { services, serviceSettings } from '../tools/launch/services.mjs'

/** It finishes the events that it holds. */
const END_MS = 45_000

async function run() {
  const service = services.find(({ name }) => name === process.argv[2])
  if (!service) throw new Failure(`Name a service: ${services.map(({ name }) => `npm run ${name}`).join(', ')}`)
  addToEnvironment(readDotEnv())
  addToEnvironment(readEnvFile(savedSettings))
  if (!process.env['SERVICE_KEYS'])
    throw new Failure(`npm run ${service.name} takes its settings from the last npm start here. Run npm start first.`)
  await installAndBuild('running', { names: [service.name] })
  await step('migrations', () => migrateBeside(service, process.env))
  const child = spawn(node, [inRoot(service.program)], {
    cwd: root,
    env: serviceSettings(service.name, process.env),
    stdio: 'inherit',
  })
  onStop(() => end(child, END_MS))
  await exit(child)
  return child.exitCode ?? 1
}

await main(run, { onSignal: () => 0 })
