// Builds accounts: registration, profiles, lists of users, password changes, roles, administration, and what is
// personal-data.ts's.
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createUserSearchRepository } from '../repositories/accounts/user-search.js'
import {
  type AccountServices,
  createContacts,
  createDisabling,
  createImportService,
  createManagedAccounts,
  createOperationService,
  createPasswordChangeService,
  createProfileService,
  createRegistrationService,
  createRoleService,
  createUserListing,
  createUserSearch,
  type VerifyOwnPassword,
} from '../services/accounts/index.js'
import type { AuditErasure, AuditServices, AuditTrail } from '../services/audit/index.js'
import type { ConsentServices } from '../services/consents/index.js'
import type { EventTrail } from '../services/events/index.js'
import type { LockOut } from '../services/limits/index.js'
import type { NotificationServices } from '../services/notifications/index.js'
import type { Grants } from '../services/oauth/index.js'
import type { NewPasswordRule, PasswordService } from '../services/passwords/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../services/usernames/index.js'
import type { IssueCode, MailRequests } from '../services/verification/index.js'
import type { SigningIn } from './authentication.js'
import type { AuthenticationMetrics } from './authentication-metrics.js'
import { createPersonalData } from './personal-data.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

export function createAccounts({
  config,
  stores: { transactions, mysqlTransaction, read },
  repositories,
  passwords,
  sessions,
  revocations,
  usernames,
  audit: { trail: audit, erasure, services: auditServices },
  events: { trail: events },
  newPasswordRule,
  codes: { issueCode, mailRequests, canSend },
  verifyOwnPassword,
  signingIn: { stepUp },
  lockOut,
  endGrants,
  consents,
  notifications,
  counted,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  passwords: PasswordService
  sessions: SessionServices
  revocations: RevocationService
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  audit: { trail: AuditTrail; erasure: AuditErasure; services: Pick<AuditServices, 'listing'> }
  events: { trail: EventTrail }
  newPasswordRule: NewPasswordRule
  codes: { issueCode: IssueCode; mailRequests: Pick<MailRequests, 'add'>; canSend: boolean }
  verifyOwnPassword: VerifyOwnPassword
  signingIn: Pick<SigningIn, 'stepUp'>
  lockOut: Pick<LockOut, 'issueDevice'>
  endGrants: Grants['endAll']
  consents: ConsentServices | null
  notifications: NotificationServices | null
  counted: AuthenticationMetrics
  clock: Clock
}): AccountServices {
  const { users, credentials, deletions } = repositories
  const { claims } = usernames
  const { endings } = sessions
  const personalData = createPersonalData({
    ...{ config, transactions, transaction: mysqlTransaction, repositories, sessions, revocations, claims },
    ...{ audit, erasure, listing: auditServices.listing, events, verifyOwnPassword, stepUp, endGrants, canSend, clock },
    ...{ consents, notifications },
  })
  const { admission, terms } = personalData
  const disabling = createDisabling({ transactions, users, deletions, endings, revocations, audit, events, clock })
  return {
    ...personalData,
    contacts: createContacts(users),
    registration: counted.registration(
      createRegistrationService({
        ...{ transaction: mysqlTransaction, repositories, usernames, passwords, newPasswordRule },
        ...{ admission, terms, audit, events, issueCode, clock },
        onKnownAddress: config.HIDE_REGISTRATION
          ? (email, client) => mailRequests.add('REGISTER', email, client)
          : null,
      }),
    ),
    profiles: createProfileService({
      ...{ transactions, users, usernames, clockSkew: config.CLOCK_SKEW, audit, events, clock },
    }),
    listing: createUserListing(users),
    passwordChanges: createPasswordChangeService({
      ...{
        transactions,
        credentials,
        passwords,
        newPasswordRule,
        verifyOwnPassword,
        sessions,
        revocations,
        audit,
        events,
        clock,
      },
      issueDevice: (account) => lockOut.issueDevice(account, ''),
    }),
    roles: createRoleService({ transactions, users, endings, revocations, audit, events }),
    imports: createImportService({
      ...{ transaction: mysqlTransaction, imports: repositories.imports, usernames, audit, events, clock },
      idKey: config.REFRESH_KEY,
    }),
    disabling,
    operation: createOperationService({ users, deletions, sessions: repositories.sessions, disabling, clock }),
    managed: createManagedAccounts({ users, deletions, credentials }),
    search: createUserSearch(createUserSearchRepository(read), users),
  }
}
