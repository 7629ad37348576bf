// Renders the Kubernetes objects of the Helm chart and of the kustomize base.
import { spawnSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'
import { inRoot } from '../launch/paths.mjs'

/**
 * @typedef {object} KubernetesObject
 * @property {string} apiVersion
 * @property {string} kind
 * @property {{ name: string, labels?: Record<string, string>, annotations?: Record<string, string> }} metadata
 */

/** @param {string} program @param {...string} args @returns {string} */
export function output(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: inRoot('.'), encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stderr}${stdout}`)
  return stdout
}

/** @param {string} text @returns {KubernetesObject[]} */
function objectsIn(text) {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const [problem] = document.errors
    if (problem) throw problem
    const object = /** @type {KubernetesObject | null} */ (document.toJS())
    return object === null ? [] : [object]
  })
}

/** For the chart and for kustomize: the service with its workers. */
export const WITH_WORKER = ['--set', 'worker.enabled=true']
export const WORKER = 'test/kubernetes/with-worker'

/** The same with the gateway. */
export const WITH_GATEWAY = ['--set', 'gateway.enabled=true']
export const GATEWAY = 'test/kubernetes/with-gateway'

/** The same with the gateway and the services beside the service. */
export const WITH_SERVICES = ['--set', 'gateway.enabled=true,consent.enabled=true,notification.enabled=true']
export const SERVICES = 'test/kubernetes/with-services'

/** @param {string} helm @param {...string} args such as --set */
export const renderChart = (helm, ...args) =>
  objectsIn(output(helm, 'template', 'postern', 'deploy/helm/postern', ...args))

/** @param {string} kubectl @param {string} [folder] */
export const renderKustomization = (kubectl, folder = 'deploy/kubernetes') =>
  objectsIn(output(kubectl, 'kustomize', folder))
