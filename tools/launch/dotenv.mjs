// .env in the checkout: a developer's own variables. Environment variables take precedence.
import { existsSync, readFileSync } from 'node:fs'
import util from 'node:util'
import { Failure } from './lifetime.mjs'
import { inRoot } from './paths.mjs'

/** The variables of a file, without the empty ones, which count as absent. @param {string} file */
export function readEnvFile(file) {
  /** @type {Record<string, string>} */
  const variables = {}
  if (!existsSync(file)) return variables
  // Before the first installation this runs on any Node.js 20 or later.
  if (util.parseEnv === undefined) throw new Failure(`Node.js 20.12 or later is needed to read ${file}.`)
  for (const [name, value] of Object.entries(util.parseEnv(readFileSync(file, 'utf8'))))
    if (value) variables[name] = value
  return variables
}

/** Adds variables to the environment. Existing ones are unchanged. @param {Record<string, string>} variables */
export function addToEnvironment(variables) {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
}

export const readDotEnv = () => readEnvFile(inRoot('.env'))
