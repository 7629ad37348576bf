// Builds the channels that are configured, besides e-mail and webhooks.
import { createOutboundRequests, OutboundFailure, type OutboundRequests } from '@postern/delivery/outbound/requests'
import type { BreakerSet } from '@postern/service/breaker-set'
import type { ChannelVariables } from '../config/channel-variables.js'
import type { DeviceTable } from '../devices/device-table.js'
import { devicesOf } from '../devices/devices.js'
import type { PhoneNumberTable } from '../phone-numbers/phone-number-table.js'
import { createApns } from './apns/apns.js'
import type { Channel } from './channel.js'
import { createAccessTokens } from './fcm/access-token.js'
import { createFcm } from './fcm/fcm.js'
import { createHttp2Requests, type Http2Requests } from './http2-requests.js'
import { createSms } from './sms/sms.js'
import { createSendSms } from './sms/twilio.js'
import { createPushServices } from './web-push/push-services.js'
import { readSubscription } from './web-push/subscription.js'
import { createWebPush } from './web-push/web-push.js'

/** One wait for a provider is long. */
const TIMEOUTS_TO_OPEN = 3

interface Parts {
  config: ChannelVariables
  devices: DeviceTable
  phoneNumbers: PhoneNumberTable
  /** For URLs of clients. */
  outbound: OutboundRequests
  breakers: BreakerSet
}

interface Built {
  channel: Channel
  close?: () => void
}

/** Requests to a provider that an operator has chosen, wherever it is. */
const requestsTo = (...urls: string[]): OutboundRequests['send'] =>
  createOutboundRequests({ allowedHosts: urls.map((url) => new URL(url).hostname) }).send

export function createChannels({ config, devices, phoneNumbers, outbound, breakers }: Parts) {
  const guardOf = (name: string, probe: () => Promise<unknown>) =>
    breakers.create({
      ...{ name, probe, timeoutsToOpen: TIMEOUTS_TO_OPEN },
      // A response, even an error, says that the provider responds.
      isFailure: (error) => error instanceof OutboundFailure && error.problem !== 'FORBIDDEN',
      isTimeout: (error) => error instanceof OutboundFailure && error.problem === 'TIMEOUT',
    }).run

  function sms({
    SMS_URL: url,
    SMS_ACCOUNT: account,
    SMS_TOKEN: token,
    SMS_FROM: from,
  }: ChannelVariables): Built | null {
    if (url === undefined || account === undefined || token === undefined || from === undefined) return null
    const provider = createSendSms({ url, account, token, from, statusUrl: config.SMS_STATUS_URL }, requestsTo(url))
    return {
      channel: createSms({
        ...{ sendSms: provider.send, guard: guardOf('sms', provider.probe), maxSegments: config.SMS_MAX_SEGMENTS },
        phoneNumbers: {
          has: async (userId) => (await phoneNumbers.ending(userId)) !== null,
          find: (userId) => phoneNumbers.find(userId),
          forget: (userId, number) => phoneNumbers.removeNumber(userId, number),
        },
      }),
    }
  }

  function webPush({
    VAPID_PRIVATE_KEY: keys,
    VAPID_SUBJECT: subject,
    WEB_PUSH_HOSTS,
  }: ChannelVariables): Built | null {
    if (keys === undefined || subject === undefined) return null
    const services = createPushServices(WEB_PUSH_HOSTS, (pattern) => {
      // Of a service with many hosts, none has this name. That it can't be reached is no reason to wait for it.
      const probe = () =>
        pattern.startsWith('*') ? Promise.resolve() : outbound.send(`https://${pattern}/`, { method: 'GET' })
      return guardOf(`web_push_${pattern}`, probe)
    })
    const { send } = outbound
    return {
      channel: createWebPush({
        ...{ devices: devicesOf(devices, 'WEB_PUSH', readSubscription), send, services, keys, subject },
      }),
    }
  }

  const overHttp2 = (http: Http2Requests, channel: Channel): Built => ({ channel, close: http.close })

  function fcm({ FCM_SERVICE_ACCOUNT: account, FCM_URL }: ChannelVariables): Built | null {
    if (account === undefined) return null
    const http = createHttp2Requests({ origin: FCM_URL })
    const tokens = createAccessTokens({ account, send: requestsTo(account.tokenUri) })
    const shared = { http, tokens, guard: guardOf('fcm', http.ping), projectId: account.projectId }
    return overHttp2(http, createFcm({ ...shared, devices: devicesOf(devices, 'FCM', String) }))
  }

  function apns(variables: ChannelVariables): Built | null {
    const { APNS_KEY: privateKey, APNS_KEY_ID: keyId, APNS_TEAM_ID: teamId, APNS_TOPIC: topic } = variables
    if (!privateKey || keyId === undefined || teamId === undefined || topic === undefined) return null
    const http = createHttp2Requests({ origin: config.APNS_URL })
    const shared = { http, topic, guard: guardOf('apns', http.ping), key: { privateKey, keyId, teamId } }
    return overHttp2(http, createApns({ ...shared, devices: devicesOf(devices, 'APNS', String) }))
  }

  const built = [sms, webPush, fcm, apns].flatMap((build) => build(config) ?? [])
  return {
    channels: built.map(({ channel }) => channel),
    /** Closes the connections that stay open. */
    close: () => built.forEach(({ close }) => close?.()),
  }
}
