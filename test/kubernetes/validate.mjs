// Validates an object by the JSON schema of its kind. Here, because the schemas are installed in this folder.

/** @typedef {{ validate(): void }} Model */

/** Null if the object is valid. @param {{ kind: string }} object @param {string} module of kubernetes-models */
export async function problemOf(object, module) {
  /** @type {Record<string, (new (data: object) => Model) | undefined>} */
  const models = await import(module)
  const Model = models[object.kind]
  if (!Model) return `${module} has no ${object.kind}`
  try {
    new Model(object).validate()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
