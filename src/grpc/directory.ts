// DirectoryService: what other services may know of users. Only those that have a key in SERVICE_KEYS get an answer.
import type { DirectoryService } from '@postern/proto/directory'
import type { ServiceCaller } from '@postern/service/callers/caller'
import { type IdentifyService, SERVICE_METADATA } from '@postern/service/callers/service-keys'
import { ServiceError } from '@postern/service/errors'
import { textOf } from '@postern/service/grpc/metadata'
import type { ContextOf, Runs } from '@postern/service/grpc/rpc'
import { existingId } from '../requests/existing-id.js'
import type { Contacts } from '../services/accounts/index.js'
import { roleOf } from './messages.js'

export interface DirectoryContext {
  /** Throws UNAUTHENTICATED for everyone but services. */
  readonly caller: () => ServiceCaller
}

export const directoryContexts =
  (identify: IdentifyService): ContextOf<DirectoryContext> =>
  ({ metadata }, { facts }) => ({
    caller() {
      const credential = textOf(metadata, SERVICE_METADATA)
      if (credential === undefined) throw new ServiceError('UNAUTHENTICATED', { message: 'Only services may do this.' })
      const service = identify(credential)
      facts.service = service.name
      return service
    },
  })

export const directoryRuns = (contacts: Contacts): Runs<typeof DirectoryService, DirectoryContext> => ({
  async getContact({ userId }, { caller }) {
    caller()
    const contact = await contacts.find(existingId(userId))
    if (!contact) throw new ServiceError('NOT_FOUND')
    const { email, isEmailVerified: emailVerified, isDisabled: disabled, roles } = contact
    return { email, emailVerified, disabled, roles: roles.map(roleOf) }
  },
})
