// The channel SMS: sends to the number that a person has verified.
import type { Guard } from '@postern/service/breakers'
import { attempt } from '../attempts.js'
import type { Channel, ChannelMessage, Outcome } from '../channel.js'
import { toSms } from './segments.js'
import type { SendSms } from './twilio.js'

/** The verified numbers of people, in E.164. */
export interface PhoneNumbers {
  has(userId: string): Promise<boolean>
  find(userId: string): Promise<string | null>
  /** The provider says that this number gets no SMS. Without effect if it is not the person's number, or not any more. */
  forget(userId: string, number: string): Promise<void>
}

interface Parts {
  phoneNumbers: PhoneNumbers
  sendSms: SendSms
  guard: Guard
  maxSegments: number
  now?: () => number
}

const textOf = ({ content: { short, title, body } }: ChannelMessage): string => short ?? `${title}\n${body}`

export function createSms({ phoneNumbers, sendSms, guard, maxSegments, now = Date.now }: Parts): Channel {
  return {
    name: 'SMS',
    // One number for each person, so it needs no name.
    targets: async (userId) => ((await phoneNumbers.has(userId)) ? [null] : []),

    async deliver(message, signal): Promise<Outcome> {
      const { address, userId, expiresAt } = message
      const to = address ?? (userId === null ? null : await phoneNumbers.find(userId))
      if (to === null) return { kind: 'unreachable' }
      const validSeconds = expiresAt && (expiresAt.getTime() - now()) / 1000
      const text = toSms(textOf(message), maxSegments)
      return attempt(() => guard(() => sendSms({ to, text, validSeconds, signal })))
    },

    async forget(userId, _target, address) {
      if (address !== undefined) await phoneNumbers.forget(userId, address)
    },
  }
}
