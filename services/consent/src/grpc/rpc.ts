// What every RPC of ConsentService needs.
import type { CallContext } from '@postern/service/callers/call-context'
import { invalidField } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import type { ConsentService } from '@postern/proto/consent'
import type { Catalog } from '../purposes/catalog.js'
import type { Purpose } from '../purposes/purpose.js'

export type ConsentRuns = Runs<typeof ConsentService, CallContext>

/** INVALID_INPUT for a purpose that is in no list. `path`: of its field. */
export function knownPurpose(catalog: Catalog, name: string, path = 'purpose'): Purpose {
  const purpose = catalog.find(name)
  if (!purpose) throw invalidField(path, 'There is no such purpose.')
  return purpose
}

/** Without repetitions, and sorted. INVALID_INPUT for one that the purpose does not have. */
export function knownScopes(purpose: Purpose, scopes: readonly string[], path = 'scopes'): string[] {
  const wanted = [...new Set(scopes)].sort()
  if (!wanted.every((scope) => purpose.scopes.includes(scope)))
    throw invalidField(path, 'The purpose has no such scope.')
  return wanted
}
