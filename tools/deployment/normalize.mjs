// Makes the objects of Helm and of kustomize comparable: removes what each of them adds in its own way.

/** @typedef {import('./render.mjs').KubernetesObject} KubernetesObject */

/** Only Helm knows these. */
const HELM_LABELS = ['app.kubernetes.io/version', 'app.kubernetes.io/managed-by', 'helm.sh/chart']
const HELM_ANNOTATIONS = ['helm.sh/hook', 'helm.sh/hook-delete-policy', 'checksum/config']

/** Of a generated ConfigMap: kustomize restarts the pods by its name, Helm by an annotation. */
const HASH = /^(postern(?:-(?:gateway|consent|notification))?)-[0-9a-z]{10}$/

/** @param {KubernetesObject[]} objects in any order @returns {Record<string, unknown>} by kind and name */
export const normalize = (objects) =>
  Object.fromEntries(
    objects
      .map((object) => /** @type {KubernetesObject} */ (withoutAdditions(object)))
      .map((object) => /** @type {const} */ ([`${object.kind} ${object.metadata.name}`, object]))
      .toSorted(([a], [b]) => a.localeCompare(b)),
  )

/** @param {unknown} value @returns {unknown} */
function withoutAdditions(value) {
  if (typeof value === 'string') return value.replace(HASH, '$1')
  if (Array.isArray(value)) return value.map(withoutAdditions)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const kept = key === 'labels' || key === 'annotations' ? ownOf(/** @type {Record<string, string>} */ (item)) : item
    return kept === null ? [] : [[key, withoutAdditions(kept)]]
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => String(a).localeCompare(String(b))))
}

/** Null if nothing is left. @param {Record<string, string>} marks */
function ownOf(marks) {
  const own = Object.entries(marks).filter(([name]) => ![...HELM_LABELS, ...HELM_ANNOTATIONS].includes(name))
  return own.length === 0 ? null : Object.fromEntries(own)
}
