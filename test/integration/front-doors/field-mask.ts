// Changes of a profile, in which null clears a field, as what is set and the fields of the mask, in JSON.
import type { Input } from './door.js'

const isObject = (value: unknown): value is Input => typeof value === 'object' && value !== null

export function maskOf(changes: Input): { set: Record<string, unknown>; paths: string[] } {
  const set: Record<string, unknown> = {}
  const paths: string[] = []
  for (const [name, value] of Object.entries(changes)) {
    const inner = isObject(value) ? maskOf(value) : null
    if (inner) set[name] = inner.set
    else if (value !== null) set[name] = value
    if (inner) paths.push(...inner.paths.map((path) => `${name}.${path}`))
    else paths.push(name)
  }
  return { set, paths }
}
