// Changes of a profile, in which null clears a field, as what is set and the fields of the mask.
import { protoPath } from '@postern/contract/error-statuses'
import type { Input } from './door.js'

const isObject = (value: unknown): value is Input => typeof value === 'object' && value !== null

export function maskOf(changes: Input): { set: Record<string, unknown>; paths: string[] } {
  const set: Record<string, unknown> = {}
  const paths: string[] = []
  for (const [name, value] of Object.entries(changes)) {
    const inner = isObject(value) ? maskOf(value) : null
    if (inner) set[name] = inner.set
    else if (value !== null) set[name] = value
    if (inner) paths.push(...inner.paths.map((path) => `${protoPath(name)}.${path}`))
    else paths.push(protoPath(name))
  }
  return { set, paths }
}
