// What a channel is: a way to reach a person, such as e-mail. The core decides what is sent, when and how often; a channel makes
// one attempt.

/** The ways that messages are sent. The in-app list is none: it is read, not sent. */
export const CHANNEL_NAMES = ['EMAIL', 'SMS', 'WEB_PUSH', 'FCM', 'APNS', 'WEBHOOK'] as const

export type ChannelName = (typeof CHANNEL_NAMES)[number]

export const CATEGORIES = ['SYSTEM', 'WORKFLOW', 'INTEGRATION', 'CONSENT', 'SECURITY', 'MARKETING'] as const

export type Category = (typeof CATEGORIES)[number]

/** What a template or a sender wrote, as text of the channel. */
export interface Content {
  /** One line. */
  title: string
  /** Plain text, lines separated by line feeds. */
  body: string
  /** The body of an e-mail as HTML. Null: the channel makes it from the text. */
  html: string | null
  /** One short text without a title, for an SMS. Null: the channel makes it from title and body. */
  short: string | null
}

/** One delivery, ready to be sent. */
export interface ChannelMessage {
  /** The same in every attempt, so that a receiver recognizes what it has seen. */
  deliveryId: string
  notificationId: string
  category: Category
  /** Null: the address belongs to no account yet. */
  userId: string | null
  /** The same in each attempt of the account service to send this mail, for its Message-ID. Null: nobody else names it. */
  mailKey: string | null
  /** What `targets` returned, such as the id of a device. */
  target: string | null
  /** The address that the sender gave, which the service named `auth` may. Null: the channel finds that of the user. */
  address: string | null
  content: Content
  /** Where the app leads from here: an https URL, or a path. */
  link: string | null
  /** A BCP 47 tag. */
  locale: string
  createdAt: Date
  /** A push service should not deliver it later. */
  expiresAt: Date | null
  /** For List-Unsubscribe and List-Unsubscribe-Post (RFC 8058). Null: nobody can unsubscribe from this. */
  unsubscribeUrl: string | null
}

export type Outcome =
  | {
      kind: 'delivered'
      /** The id that the receiver gave it. */
      providerId?: string
    }
  | {
      /** The person has no address here any more, such as no verified e-mail. Nothing was sent, and nothing failed. */
      kind: 'unreachable'
    }
  | {
      /** Trying again would not help. */
      kind: 'refused'
      /** A sentence or a code, without personal data: it is stored and shown. */
      reason: string
      /** The address does not exist any more: `forget` is called. */
      forgetTarget?: boolean
      /** The address itself, where the target can have another one by now. */
      address?: string
    }

/** Thrown by `deliver`: it may help to try again. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain'
  /** Seconds until the receiver wants to see the next attempt. */
  readonly retryAfter: number | undefined

  /** `failure`: a sentence or a code, without personal data. It is stored and shown. `cause` is logged. */
  constructor(failure: string, { retryAfter, cause }: { retryAfter?: number | undefined; cause?: unknown } = {}) {
    super(failure, { cause })
    this.retryAfter = retryAfter
  }
}

export interface Channel {
  readonly name: ChannelName
  /**
   * Where the person's notifications go: each target gets a delivery of its own. Null is the only address of the channel. Empty:
   * the person can't be reached here. Reads nothing but this service's database, and is fast: senders wait for it.
   */
  targets(userId: string): Promise<readonly (string | null)[]>
  /**
   * Makes one attempt. Throws TryAgain, or anything else, if another attempt may succeed. Rejects soon after `signal` is aborted:
   * the time of the attempt is over, or the process stops.
   */
  deliver(message: ChannelMessage, signal: AbortSignal): Promise<Outcome>
  /** A receiver said that the target does not exist any more. `address`: that of the outcome. Idempotent. */
  forget?(userId: string, target: string | null, address?: string): Promise<void>
}
