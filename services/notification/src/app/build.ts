// Builds the notification service: the one place that knows all of its parts.
import { NotificationService } from '@postern/proto/notification'
import { ConfigError } from '@postern/service/config-error'
import { listenProblem } from '@postern/service/listening'
import type { ProgramParts, ProgramWork } from '@postern/service/program'
import type { Config } from '../config/index.js'
import { deadLetterRuns } from '../deliveries/dead-letter-runs.js'
import { createDeadLetters } from '../deliveries/dead-letters.js'
import { createDeliveryTable } from '../deliveries/delivery-table.js'
import { createMessageVault } from '../deliveries/message-vault.js'
import { createFeed } from '../inbox/feed.js'
import { createInboxTable } from '../inbox/inbox-table.js'
import { inboxRuns } from '../inbox/runs.js'
import { createAcceptance } from '../notifications/acceptance.js'
import { createCompose } from '../notifications/composition.js'
import { createReceiverLimits } from '../notifications/limits.js'
import { createNotificationTable } from '../notifications/notification-table.js'
import { createRetention } from '../notifications/retention.js'
import { notificationRuns } from '../notifications/runs.js'
import { createSenderLimits } from '../notifications/sender-limits.js'
import { createPeopleTable } from '../people/people-table.js'
import { createSettingsWriter, settingsRuns } from '../settings/runs.js'
import { createSettingsService } from '../settings/settings-service.js'
import { createUnsubscribeLinks } from '../unsubscribe/links.js'
import { listenForUnsubscriptions } from '../unsubscribe/listener.js'
import { createDelivering } from './delivering.js'
import { createMail } from './mail.js'
import { openRedis } from './redis.js'
import { openUpstreams } from './upstreams.js'

const RETENTION_MS = 60_000

export async function build(parts: ProgramParts<Config>): Promise<ProgramWork> {
  return { jobs: [] }
}
