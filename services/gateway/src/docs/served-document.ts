// The part of the OpenAPI document that is about services behind this gateway.

/** What an operation or a property is marked with if only this service has it. The build writes it. */
const MARK = 'x-postern-service'

type Json = Readonly<Record<string, unknown>>

interface Document extends Json {
  readonly paths: Readonly<Record<string, Json>>
  readonly tags: readonly { readonly name: string }[]
  readonly components: Readonly<Record<string, Json>>
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without what is about other services, and what only that has referred to. */
export function servedDocument(document: Document, services: ReadonlySet<string>): Json {
  const { paths, ...others } = withoutMarked(document, services) as Document
  const left = Object.fromEntries(Object.entries(paths).filter(([, item]) => Object.keys(item).length > 0))
  const used = new Set(Object.values(left).flatMap((item) => Object.values(item).flatMap(tagsOf)))
  return {
    ...others,
    tags: others.tags.filter(({ name }) => used.has(name)),
    paths: left,
    components: referredTo(left, others.components),
  }
}

const tagsOf = (operation: unknown): readonly unknown[] =>
  isObject(operation) && Array.isArray(operation['tags']) ? operation['tags'] : []

function withoutMarked(value: unknown, services: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutMarked(item, services))
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([name, member]) => name !== MARK && !isOfOther(member, services))
  const made = Object.fromEntries(kept.map(([name, member]) => [name, withoutMarked(member, services)]))
  const { required, properties } = made
  if (!Array.isArray(required) || !isObject(properties)) return made
  return { ...made, required: required.filter((name) => String(name) in properties) }
}

const isOfOther = (value: unknown, services: ReadonlySet<string>): boolean =>
  isObject(value) && MARK in value && !services.has(String(value[MARK]))

/** The components that paths refer to, also by other components. */
function referredTo(paths: unknown, components: Document['components']): Json {
  const found = new Set<string>()
  function follow(value: unknown): void {
    if (Array.isArray(value)) return value.forEach(follow)
    if (!isObject(value)) return
    const { $ref: reference } = value
    if (typeof reference === 'string' && !found.has(reference)) {
      found.add(reference)
      const [kind = '', name = ''] = reference.split('/').slice(2)
      follow(components[kind]?.[name])
    }
    Object.values(value).forEach(follow)
  }
  follow(paths)
  return Object.fromEntries(
    Object.entries(components).map(([kind, all]) => [
      kind,
      // Nothing refers to these: names of security schemes do.
      kind === 'securitySchemes'
        ? all
        : Object.fromEntries(Object.entries(all).filter(([name]) => found.has(`#/components/${kind}/${name}`))),
    ]),
  )
}
