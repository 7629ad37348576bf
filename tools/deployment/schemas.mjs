// Validates Kubernetes objects: their values by JSON schemas, and that every field exists by TypeScript types.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot, node } from '../launch/paths.mjs'
import { toolsFolder } from './programs.mjs'

/** @typedef {import('./render.mjs').KubernetesObject} KubernetesObject */

/** The module of kubernetes-models with the schemas and types of an API. @param {string} apiVersion */
const moduleOf = (apiVersion) =>
  apiVersion.startsWith('monitoring.coreos.com/')
    ? `@kubernetes-models/prometheus-operator/${apiVersion}`
    : `kubernetes-models/${apiVersion}`

/** @param {KubernetesObject[]} objects @returns {Promise<string[]>} problems */
export async function schemaProblems(objects) {
  /** @type {{ problemOf: (object: KubernetesObject, module: string) => Promise<string | null> }} */
  const { problemOf } = await import('../../test/kubernetes/validate.mjs')
  const problems = await Promise.all(
    objects.map(async (object) => {
      const problem = await problemOf(object, moduleOf(object.apiVersion))
      return problem === null ? [] : [`${object.kind} ${object.metadata.name}: ${problem}`]
    }),
  )
  return [...problems.flat(), ...typeProblems(objects)]
}

/** The schemas allow unknown fields, as the API server does for CRDs. TypeScript refuses them in literals. @param {KubernetesObject[]} objects */
function typeProblems(objects) {
  const folder = join(toolsFolder, 'node_modules/.cache')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `objects-${process.pid}.ts`)
  writeFileSync(file, objects.map(typed).join('\n'))
  const options = '--ignoreConfig --noEmit --strict --skipLibCheck --target es2024 --module nodenext'.split(' ')
  const tsc = inRoot('node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(node, [tsc, ...options, file], { encoding: 'utf8' })
  rmSync(file)
  const found = [...stdout.matchAll(/\.ts\((\d+),\d+\): error (.*)/g)].map(([, line, message]) => {
    const { kind, metadata } = objects[Number(line) - 1] ?? { kind: '?', metadata: { name: '?' } }
    return `${kind} ${metadata.name}: ${message}`
  })
  // An error that is not about an object
  return status === 0 || found.length > 0 ? found : [stdout]
}

/** One line for each object, so that the line of an error names it. @param {KubernetesObject} object @param {number} index */
const typed = (object, index) =>
  `export const object${index} = ${JSON.stringify(object)} satisfies import('${moduleOf(object.apiVersion)}').I${object.kind}`
