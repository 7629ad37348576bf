// All resolvers: every field that is not simply a property of its parent.
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Policy, Resolvers } from '../generated/graphql.js'
import { createAccountInputs } from '../schema/accounts.inputs.js'
import { createVerificationInputs } from '../schema/verification.inputs.js'
import type { AccountServices } from '../services/accounts/index.js'
import type { AuditServices } from '../services/audit/index.js'
import type { AuthenticationServices } from '../services/authentication/index.js'
import type { Captcha } from '../services/captcha/index.js'
import type { ConsentServices } from '../services/consents/index.js'
import type { FactorServices } from '../services/factors/index.js'
import type { LimitServices } from '../services/limits/index.js'
import type { NotificationServices } from '../services/notifications/index.js'
import type { PasskeyServices } from '../services/passkeys/index.js'
import type { OAuthServices } from '../services/oauth/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import type { SignalServices } from '../services/signals/index.js'
import type { SubscriptionService } from '../services/subscriptions/index.js'
import type { CheckProof } from '../services/tokens/index.js'
import type { UsernameServices } from '../services/usernames/index.js'
import type { VerificationServices } from '../services/verification/index.js'
import type { ReceiveEvents } from '@postern/service/events/receiver'
import type { WebhookServices } from '../services/webhooks/index.js'
import { accountMutations, accountQueries, userFields } from './accounts.js'
import { AuditEntry, auditQueries } from './audit.js'
import { authenticationMutations } from './authentication.js'
import { withCallLimits } from './call-limits.js'
import { withCaptcha } from './captcha.js'
import { consentMutations, consentQueries } from './consents.js'
import { DateTime } from './date-time.js'
import { invitationMutations, invitationQueries } from './invitations.js'
import { factorMutations, factorQueries } from './factors.js'
import { managedAccountFields, managedAccountMutations, managedAccountQueries } from './managed-accounts.js'
import { nodeQueries } from './nodes.js'
import { notificationMutations, notificationQueries } from './notifications.js'
import { passkeyMutations, passkeyQueries } from './passkeys.js'
import { personalDataMutations } from './personal-data.js'
import { oauthMutations, oauthQueries } from './oauth.js'
import { policyQueries } from './policy.js'
import { sessionMutations, sessionQueries } from './sessions.js'
import { signalMutations, signalQueries, SignalStream } from './signals.js'
import { withRecordedOutcomes } from './recorded-outcomes.js'
import { withSpans } from './spans.js'
import { verificationMutations } from './verification.js'
import { subscriptions } from './subscriptions.js'
import { usernameMutations, usernameQueries, usernameTypes } from './usernames.js'
import { WebAuthnJSON } from './webauthn-json.js'
import { Webhook, webhookMutations, webhookQueries } from './webhooks.js'

/** What the resolvers call, one entry per domain. */
export interface Services {
  accounts: AccountServices
  audit: AuditServices
  authentication: AuthenticationServices
  /** Null if no operation requires one. */
  captcha: Captcha | null
  checkProof: CheckProof
  /** Null without the consent service. */
  consents: ConsentServices | null
  factors: FactorServices
  limits: LimitServices
  /** Null without the notification service. */
  notifications: NotificationServices | null
  /** Null if there is no domain that they could belong to. */
  passkeys: PasskeyServices | null
  oauth: OAuthServices
  /** What happens for the events of other services. */
  receiveEvents: ReceiveEvents
  sessions: SessionServices
  /** Null if the service has no key to sign them, or no URL as its issuer. */
  signals: SignalServices | null
  subscriptions: SubscriptionService
  usernames: UsernameServices
  verification: VerificationServices
  webhooks: WebhookServices
}

export function createResolvers(
  {
    accounts,
    audit,
    authentication,
    captcha,
    limits,
    oauth,
    sessions,
    usernames,
    ...others
  }: Omit<Services, 'subscriptions' | 'checkProof'>,
  policy: Policy,
  tracing: Tracing | null = null,
): Omit<Resolvers, 'DateTime' | 'WebAuthnJSON'> & { DateTime: typeof DateTime; WebAuthnJSON: typeof WebAuthnJSON } {
  const { consents, factors, notifications, passkeys, signals, verification, webhooks } = others
  const accountInputs = createAccountInputs(policy)
  const around = <Fields extends object>(type: string, fields: Fields) =>
    withRecordedOutcomes(withSpans(type, withCallLimits(fields, limits.calls), tracing))
  return {
    DateTime,
    WebAuthnJSON,
    Query: around('Query', {
      ...accountQueries(accountInputs, accounts),
      ...invitationQueries(accounts),
      ...managedAccountQueries(accounts),
      ...sessionQueries(sessions),
      ...oauthQueries(oauth),
      ...usernameQueries(usernames, accounts.profiles),
      ...policyQueries(policy),
      ...auditQueries(audit),
      ...passkeyQueries(passkeys),
      ...signalQueries(signals),
      ...webhookQueries(webhooks),
      ...factorQueries(factors),
      ...consentQueries(consents),
      ...notificationQueries(notifications),
      ...nodeQueries(accounts.listing, sessions.sessions, audit.listing, { signals, webhooks }),
    }),
    Mutation: around(
      'Mutation',
      withCaptcha(
        {
          ...accountMutations(accountInputs, accounts),
          ...personalDataMutations(accounts),
          ...invitationMutations(accounts),
          ...managedAccountMutations(accounts),
          ...authenticationMutations(authentication, sessions),
          ...factorMutations(factors, authentication, sessions.earlier),
          ...sessionMutations(sessions),
          ...oauthMutations(oauth, sessions.earlier),
          ...usernameMutations(usernames),
          ...webhookMutations(webhooks),
          ...consentMutations(consents),
          ...notificationMutations(notifications),
          ...passkeyMutations(passkeys, sessions.earlier),
          ...signalMutations(signals),
          ...verificationMutations(createVerificationInputs(policy), verification),
        },
        captcha,
      ),
    ),
    Subscription: subscriptions(notifications),
    User: userFields(accounts),
    ManagedAccount: managedAccountFields({ accounts, sessions, factors, limits, oauth, passkeys }),
    AuditEntry,
    Webhook,
    SignalStream,
    ...usernameTypes(usernames),
  }
}
