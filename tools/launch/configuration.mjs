// Checks the settings of the development service with the code that was just built, before anything else uses them.
import { CommandFailed, run } from './children.mjs'
import { Failure } from './lifetime.mjs'
import { node, root } from './paths.mjs'

const INVALID = 2
const program = `
  import { ConfigError, readConfig } from './dist/config.js'
  try {
    readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(error.message)
    process.exitCode = ${INVALID}
  }`

/** @param {NodeJS.ProcessEnv} settings */
export async function checkConfiguration(settings) {
  try {
    await run('Reading the configuration', node, ['--input-type=module', '--eval', program], {
      cwd: root,
      env: settings,
    })
  } catch (error) {
    if (error instanceof CommandFailed && error.code === INVALID) throw new Failure(error.output.trim())
    throw error
  }
}
