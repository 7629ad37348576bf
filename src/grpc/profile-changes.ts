// Which fields of the profile an update changes: those of its mask, or else those that are set.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { jsonPath } from '@postern/contract/error-statuses'
import { invalidField } from '@postern/service/errors'
import type { Request } from './rpc.js'

const FIELDS = ['username', 'firstName', 'lastName', 'phoneNumber', 'marketingOptIn', 'termsAcceptedAt'] as const
const ADDRESS = ['streetName', 'city', 'state', 'zipCode', 'country'] as const

type Parts = Partial<Record<(typeof ADDRESS)[number], string | null>>

/** What the rules of the input check. An omitted field is unchanged; null clears it. */
type Changes = Partial<Record<(typeof FIELDS)[number], string | boolean | Date | null>> & { address?: Parts | null }

/** Throws INVALID_INPUT for a mask with an unknown field. */
export function profileChanges({ updateMask, ...request }: Request<'updateUserProfile'>): Changes {
  const given = { ...request, termsAcceptedAt: request.termsAcceptedAt && timestampDate(request.termsAcceptedAt) }
  const partOf = (name: (typeof ADDRESS)[number]) => request.address?.[name]
  const masked = updateMask?.paths.map(jsonPath) ?? []
  if (masked.length === 0) {
    const parts = ADDRESS.flatMap((name) => (partOf(name) === undefined ? [] : [[name, partOf(name)]]))
    return {
      ...Object.fromEntries(FIELDS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]]))),
      ...(parts.length > 0 && { address: Object.fromEntries(parts) as Parts }),
    }
  }

  const changes: Changes = {}
  const parts: Parts = {}
  for (const path of masked) {
    const field = FIELDS.find((name) => name === path)
    const part = ADDRESS.find((name) => `address.${name}` === path)
    if (field) changes[field] = given[field] ?? null
    else if (part) parts[part] = partOf(part) ?? null
    else if (path === 'address') for (const name of ADDRESS) parts[name] = partOf(name) ?? null
    else throw invalidField('updateMask', 'Update mask names a field that a profile does not have.')
  }
  return Object.keys(parts).length === 0 ? changes : { ...changes, address: parts }
}
