// Builds what accounts do with personal data: deletion, export, terms; and who may register.
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Config } from '../config/index.js'
import type { Transactions } from '../repositories/database/transactions.js'
import { createVerifiedAccounts } from '../repositories/verification/accounts.js'
import {
  type AccountServices,
  createAdmission,
  createConfirmOwner,
  createDataExportService,
  createDeletionCancellation,
  createDeletionService,
  createDueDeletions,
  createEraseAccount,
  createInvitationService,
  createTermsService,
  type VerifyOwnPassword,
} from '../services/accounts/index.js'
import type { AuditErasure, AuditListing, AuditTrail } from '../services/audit/index.js'
import type { StepUp } from '../services/authentication/index.js'
import type { ConsentServices } from '../services/consents/index.js'
import type { EventTrail } from '../services/events/index.js'
import type { NotificationServices } from '../services/notifications/index.js'
import type { Grants } from '../services/oauth/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SessionServices, Viewer } from '../services/sessions/index.js'
import type { UsernameClaims } from '../services/usernames/index.js'
import { linkSecrets } from './link-secrets.js'
import type { Repositories } from './repositories.js'

interface Parts {
  config: Config
  transactions: Transactions
  transaction: MysqlTransaction
  repositories: Repositories
  sessions: SessionServices
  revocations: RevocationService
  claims: UsernameClaims
  audit: AuditTrail
  erasure: AuditErasure
  listing: AuditListing
  events: EventTrail
  verifyOwnPassword: VerifyOwnPassword
  stepUp: StepUp
  endGrants: Grants['endAll']
  /** Null without the consent service. */
  consents: ConsentServices | null
  /** Null without the notification service. */
  notifications: NotificationServices | null
  /** Whether the deployment sends mails. */
  canSend: boolean
  clock: Clock
}

type PersonalData = Pick<
  AccountServices,
  'admission' | 'cancellation' | 'dataExport' | 'deletion' | 'dueDeletions' | 'invitations' | 'terms'
>

export function createPersonalData(parts: Parts): PersonalData {
  const { config, transactions, transaction, repositories, sessions, revocations, claims } = parts
  const { audit, erasure, listing, events, verifyOwnPassword, stepUp, endGrants, canSend, clock } = parts
  const { consents, notifications } = parts
  const { users, deletions, invitations, credentials, linked, passkeys, remains } = repositories
  const { linkTokenOf, invitationCodeOf, exportTokens } = linkSecrets(config)
  const trails = { audit, events, clock }
  const requireRecentProof = (viewer: Viewer) => stepUp.require(viewer)
  const eraseAccount = createEraseAccount({ users, deletions, invitations, claims, erasure, endGrants, ...trails })
  return {
    deletion: createDeletionService({
      ...{ transactions, users, deletions, eraseAccount, endings: sessions.endings, revocations, linkTokenOf },
      confirmOwner: createConfirmOwner({ users, verifyOwnPassword, requireRecentProof }),
      grace: config.ACCOUNT_DELETION_GRACE,
      ...trails,
    }),
    cancellation: createDeletionCancellation({
      ...{ transactions, users, accounts: createVerifiedAccounts(), deletions, ...trails },
    }),
    dueDeletions: createDueDeletions({ transactions, users, deletions, remains, eraseAccount, clock }),
    dataExport: createDataExportService({
      signInMethodsOf: async (userId) => [
        ...(await credentials.listOf(userId)).filter(({ kind }) => kind !== 'PASSKEY'),
        ...(await passkeys.list(userId)).map(({ name, createdAt, lastUsedAt }) => ({
          ...{ kind: 'PASSKEY', name, createdAt, lastUsedAt },
        })),
        ...(await linked.list(userId)).map((account) => ({ kind: 'PROVIDER', ...account })),
      ],
      ...{ transaction, sessions: sessions.sessions, claims, listing, tokens: exportTokens },
      elsewhere: {
        ...(consents && { consents: (viewer) => consents.dataOf(viewer) }),
        ...(notifications && {
          notificationSettings: notifications.data.settings,
          notifications: notifications.data.list,
          pushDevices: notifications.data.devices,
        }),
      },
      ...{ requireRecentProof, canSend, ...trails },
    }),
    terms: createTermsService({ transactions, users, currentVersion: config.TERMS_VERSION ?? null, ...trails }),
    invitations: createInvitationService({ transaction, invitations, invitationCodeOf, canSend, ...trails }),
    admission: createAdmission({ mode: config.REGISTRATION, invitations, clock }),
  }
}
