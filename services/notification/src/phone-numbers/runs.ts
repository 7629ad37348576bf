// The RPCs of phone numbers: RequestPhoneNumberVerification, VerifyPhoneNumber and DeletePhoneNumber.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { NotificationService } from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { actingFor } from '@postern/service/callers/caller'
import { requireRecentProof } from '@postern/service/callers/recent-proof'
import type { Clock } from '@postern/service/clock'
import { ServiceError } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import type { WriteSettings } from '../settings/runs.js'
import type { SettingsService } from '../settings/settings-service.js'
import type { PhoneNumberVerification } from './verification.js'

type PhoneNumberRuns = Pick<
  Runs<typeof NotificationService, CallContext>,
  'requestPhoneNumberVerification' | 'verifyPhoneNumber' | 'deletePhoneNumber'
>

interface Parts {
  phoneNumbers: PhoneNumberVerification
  /** Whether this deployment sends SMS. */
  hasSms: boolean
  settings: SettingsService
  writeSettings: WriteSettings
  clock: Clock
}

export const phoneNumberRuns = ({ phoneNumbers, hasSms, settings, writeSettings, clock }: Parts): PhoneNumberRuns => ({
  async requestPhoneNumberVerification({ userId: named, phoneNumber }, context) {
    const caller = await context.caller()
    const userId = actingFor(caller, named)
    requireRecentProof(caller, clock)
    if (!hasSms) throw new ServiceError('NOT_FOUND', { message: 'This service sends no SMS.' })
    return { expiresAt: timestampFromDate(await phoneNumbers.request(userId, phoneNumber)) }
  },

  async verifyPhoneNumber({ userId: named, code }, context) {
    const userId = actingFor(await context.caller(), named)
    await phoneNumbers.verify(userId, code.replace(/[\s-]/g, ''))
    return { settings: await writeSettings(userId, await settings.get(userId)) }
  },

  async deletePhoneNumber({ userId: named }, context) {
    const userId = actingFor(await context.caller(), named)
    await phoneNumbers.remove(userId)
    return {}
  },
})
