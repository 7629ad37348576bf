// Links that turn the e-mails of a category off with one click (RFC 8058). They need no sign-in, so each has a MAC.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isId } from '@postern/service/ids'
import { deriveKey } from '@postern/service/sealing'
import { CATEGORIES, type Category } from '../channels/channel.js'

export interface Unsubscription {
  userId: string
  category: Category
}

/** The path of the endpoint. A token follows. */
export const UNSUBSCRIBE_PATH = '/unsubscribe/'

const MAC_BYTES = 16

export type UnsubscribeLinks = ReturnType<typeof createUnsubscribeLinks>

/** `origin`: where mail programs reach the endpoint. Links of `previous` keys stay valid. They never expire: mails are kept for years. */
export function createUnsubscribeLinks(origin: string, current: string, previous: readonly string[]) {
  const [key, ...earlier] = [current, ...previous].map((one) => deriveKey(one, 'postern notification unsubscribe v1'))
  const macOf = (one: typeof key, { userId, category }: Unsubscription): Buffer =>
    createHmac('sha256', one ?? '')
      .update(`${userId}.${category}`)
      .digest()
      .subarray(0, MAC_BYTES)

  return {
    urlFor(what: Unsubscription): string {
      const token = `${what.userId}.${what.category}.${macOf(key, what).toString('base64url')}`
      return new URL(`${UNSUBSCRIBE_PATH}${token}`, origin).href
    },

    /** Null if this service has not made the token. */
    read(token: string): Unsubscription | null {
      const [userId = '', name = '', mac = '', ...more] = token.split('.')
      const category = CATEGORIES.find((one) => one === name)
      const given = Buffer.from(mac, 'base64url')
      if (!isId(userId) || !category || more.length > 0 || given.length !== MAC_BYTES) return null
      const isKnown = [key, ...earlier].some((one) => timingSafeEqual(macOf(one, { userId, category }), given))
      return isKnown ? { userId, category } : null
    },
  }
}
