// The RPCs of devices: GetPushKey, RegisterPushDevice, ListPushDevices and DeletePushDevice.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  type NotificationService,
  PushDeviceKind,
  type PushDeviceSchema,
  type RegisterPushDeviceRequest,
} from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { actingFor, readingFor } from '@postern/service/callers/caller'
import { invalidField, ServiceError } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import { isId } from '@postern/service/ids'
import { parse } from '@postern/service/input/parse'
import { line } from '@postern/service/input/text-rules'
import { z } from 'zod'
import { subscriptionInput } from '../channels/web-push/subscription.js'
import type { NewDevice } from './device-table.js'
import type { PushDevice } from './device.js'
import type { PushDevices } from './devices.js'

type DeviceRuns = Pick<
  Runs<typeof NotificationService, CallContext>,
  'getPushKey' | 'registerPushDevice' | 'listPushDevices' | 'deletePushDevice'
>

interface Parts {
  devices: PushDevices
  /** Null: this deployment sends no Web Push. */
  vapidKey: string | null
  /** What is wrong with the URL of a subscription, as the end of a sentence, or null. */
  endpointProblem: (endpoint: string) => string | null
}

const deviceName = z.object({ name: line(100).optional() })

/** As Firebase and Apple make them. Neither is documented to have a length. */
const fcmToken = z.object({ fcmToken: z.string().regex(/^[\w:-]{20,4096}$/, 'must be a registration token') })
const apnsToken = z.object({
  apnsToken: z.string().regex(/^[\da-f]{64,200}$/i, 'must be a device token in hexadecimal'),
})

const deviceMessage = ({
  id,
  kind,
  name,
  createdAt,
  lastUsedAt,
}: PushDevice): MessageInitShape<typeof PushDeviceSchema> => ({
  ...{ id, kind: PushDeviceKind[kind], name: name ?? undefined, createdAt: timestampFromDate(createdAt) },
  lastUsedAt: lastUsedAt === null ? undefined : timestampFromDate(lastUsedAt),
})

export function deviceRuns({ devices, vapidKey, endpointProblem }: Parts): DeviceRuns {
  const webPush = z.object({ webPush: subscriptionInput(endpointProblem) })

  function targetOf({ target }: RegisterPushDeviceRequest): Pick<NewDevice, 'kind' | 'identity' | 'address'> {
    switch (target.case) {
      case 'webPush': {
        const { endpoint, p256dh, auth } = target.value
        const subscription = parse(webPush, { webPush: { endpoint, p256dh, auth } }).webPush
        return { kind: 'WEB_PUSH', identity: subscription.endpoint, address: subscription }
      }
      case 'fcmToken': {
        const token = parse(fcmToken, { fcmToken: target.value }).fcmToken
        return { kind: 'FCM', identity: token, address: token }
      }
      case 'apnsToken': {
        const token = parse(apnsToken, { apnsToken: target.value }).apnsToken.toLowerCase()
        return { kind: 'APNS', identity: token, address: token }
      }
      case undefined:
        throw invalidField('webPush', 'A subscription or a token is required.')
    }
  }

  return {
    async getPushKey(_, context) {
      await context.caller()
      if (vapidKey === null) throw new ServiceError('NOT_FOUND')
      return { publicKey: vapidKey }
    },

    async registerPushDevice(request, context) {
      const userId = actingFor(await context.caller(), request.userId)
      const { name = null } = parse(deviceName, { name: request.name })
      return { device: deviceMessage(await devices.register({ userId, name, ...targetOf(request) })) }
    },

    async listPushDevices({ userId: named }, context) {
      const userId = readingFor(await context.caller(), named)
      return { devices: (await devices.list(userId)).map(deviceMessage) }
    },

    async deletePushDevice({ userId: named, deviceId }, context) {
      const userId = actingFor(await context.caller(), named)
      if (!isId(deviceId)) throw new ServiceError('NOT_FOUND')
      await devices.remove(userId, deviceId)
      return {}
    },
  }
}
