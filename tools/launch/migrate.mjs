// Brings the databases of the development services up to date.
import { run } from './children.mjs'
import { inRoot, node, root } from './paths.mjs'
import { serviceSettings } from './services.mjs'

/** How much of a line the name of the step and its time take. */
const BEFORE_NOTE = 30

/** @param {NodeJS.ProcessEnv} settings @param {(text: string) => void} note */
async function migrate(settings, note) {
  const output = await run('The migration', node, [inRoot('dist/cli.js'), 'migrate'], { cwd: root, env: settings })
  note(migrationNote(output, process.stdout.columns || 80))
}

/** @param {import('./services.mjs').ServiceProgram} service @param {NodeJS.ProcessEnv} settings of Postern */
export async function migrateBeside(service, settings) {
  const args = [inRoot(service.cli), 'migrate']
  await run(`The migration of ${service.name}`, node, args, { cwd: root, env: serviceSettings(service.name, settings) })
}

/**
 * @param {readonly import('./services.mjs').ServiceProgram[]} beside @param {NodeJS.ProcessEnv} settings of Postern
 * @param {(text: string) => void} note
 */
export const migrateAll = (beside, settings, note) =>
  Promise.all([migrate(settings, note), ...beside.map((service) => migrateBeside(service, settings))])

/** What was applied, in one line of a terminal: the names only if they fit. @param {string} output @param {number} width */
export function migrationNote(output, width) {
  const [, names] = /^Applied: (.+)$/m.exec(output) ?? []
  if (!names) return 'up to date'
  const count = `${names.split(', ').length} applied`
  const withNames = `${count}: ${names}`
  return withNames.length <= width - BEFORE_NOTE ? withNames : count
}
