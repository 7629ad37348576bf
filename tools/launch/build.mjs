// Runs the build steps whose inputs have changed, in the order of their dependencies.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildSteps, shared } from './build-steps.mjs'
import { fingerprint } from './fingerprint.mjs'
import { lock } from './lock.mjs'
import { inRoot, keep } from './paths.mjs'

/** @typedef {import('./build-steps.mjs').BuildStep} BuildStep */
/** @typedef {Record<string, { inputs: string, outputs: string[] }>} Built for each step, its inputs and the files it made from them */

const file = inRoot('dist/.built.json')

/** @returns {Built} */
function readRecord() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {Built} record */
function writeRecord(record) {
  mkdirSync(inRoot('dist'), { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(record))
  renameSync(`${file}.new`, file)
}

/** @param {BuildStep} step */
const inputsOf = (step) => fingerprint([...shared, ...step.inputs()])

/** @param {BuildStep} step @param {Built} record */
function isFresh(step, record) {
  if (step.isCurrent) return step.isCurrent()
  const built = record[step.name]
  return built?.inputs === inputsOf(step) && built.outputs.every((output) => existsSync(inRoot(output)))
}

/** What it is built for: `running` the service, or `everything`, with types. @typedef {'running' | 'everything'} Purpose */

/** @param {string} name @returns {string[]} the step and those whose results it reads */
const withPrerequisites = (name) => [
  name,
  ...buildSteps.filter((step) => step.name === name).flatMap(({ after }) => after.flatMap(withPrerequisites)),
]

/**
 * What to build: all steps, or only those that are named and what they need. `beside`: with the services beside Postern, as for
 * everything.
 * @typedef {{ names?: string[], beside?: boolean }} Choice
 */

/** @param {Purpose} purpose @param {Choice} choice */
function stepsFor(purpose, { names = [], beside = false }) {
  const wanted = new Set(names.flatMap(withPrerequisites))
  const isChosen = (/** @type {BuildStep} */ step) =>
    names.length > 0 ? wanted.has(step.name) : !step.beside || beside || purpose === 'everything'
  return buildSteps.filter((step) => (purpose === 'everything' || !(step.forTypes || step.forTests)) && isChosen(step))
}

/**
 * Builds what has changed. Two builds of one checkout take turns; the second has nothing to do.
 * @param {(text: string) => void} [note] @param {Purpose} [purpose] @param {Choice} [choice]
 */
export async function build(note = () => {}, purpose = 'everything', choice = {}) {
  const steps = stepsFor(purpose, choice)
  const record = readRecord()
  if (steps.every((step) => isFresh(step, record))) return note('unchanged')
  const release = await lock(join(keep, 'build.lock'), () => note('another build is running here'))
  try {
    await buildStale(steps, note)
  } finally {
    release()
  }
}

/** @param {BuildStep[]} steps @param {(text: string) => void} note */
async function buildStale(steps, note) {
  const record = readRecord()
  /** @type {Set<string>} */
  const underWay = new Set()
  /** @type {Map<string, Promise<void>>} */
  const results = new Map()

  /** @param {BuildStep} step */
  async function buildStep(step) {
    await Promise.all(step.after.map((name) => results.get(name)))
    if (isFresh(step, record)) return
    underWay.add(step.name)
    note([...underWay].join(', '))
    delete record[step.name]
    // Taken before the work, so that edits during it are built the next time.
    const inputs = inputsOf(step)
    await step.run()
    record[step.name] = { inputs, outputs: step.outputs().map((output) => relative(inRoot(), output)) }
    writeRecord(record)
    underWay.delete(step.name)
    if (underWay.size > 0) note([...underWay].join(', '))
  }
  for (const step of steps) results.set(step.name, buildStep(step))
  const outcomes = await Promise.allSettled(results.values())
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  note('')
}
