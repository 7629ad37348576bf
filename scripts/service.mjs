// npm run consent, npm run notification: one service beside Postern, with the settings of the last npm start here. With a command,
// such as npm run consent -- dlq list, what an operator does beside it.
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
  const [, , named, ...command] = process.argv
  const service = services.find(({ name }) => name === named)
  if (!service) throw new Failure(`Name a service: ${services.map(({ name }) => `npm run ${name}`).join(', ')}`)
  addToEnvironment(readDotEnv())
  addToEnvironment(readEnvFile(savedSettings))
  if (!process.env['SERVICE_KEYS'])
    throw new Failure(`npm run ${service.name} takes its settings from the last npm start here. Run npm start first.`)
  /** @param {string[]} args */
  const start = (...args) =>
    spawn(node, args, { cwd: root, env: serviceSettings(service.name, process.env), stdio: 'inherit' })
  if (command.length > 0) return ended(start(inRoot(service.cli), ...command))
  await installAndBuild('running', { names: [service.name] })
  await step('migrations', () => migrateBeside(service, process.env))
  return ended(start(inRoot(service.program)))
}

/** Its exit code. @param {import('node:child_process').ChildProcess} child */
async function ended(child) {
  onStop(() => end(child, END_MS))
  await exit(child)
  return child.exitCode ?? 1
}

await main(run, { onSignal: () => 0 })
