// Recognizes browsers and apps that an account has signed in from before.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** The account that a login is for. */
export interface Account {
  id: string
  generation: number
}

const FORM = /^([\w-]{22})\.([\w-]{43})$/

export type Devices = ReturnType<typeof createDevices>

/**
 * A device token is an id and its HMAC with the account and its generation, so it needs no table, belongs to one account,
 * and ends with its generation: with the password, and with `logoutAll`. It does not sign in.
 */
export function createDevices(key: string) {
  const macOf = (device: string, { id, generation }: Account): string =>
    createHmac('sha256', key).update(`postern device v1\n${id}\n${generation}\n${device}`).digest('base64url')

  /** The device's id. Null if the token is not one for this account. */
  function deviceOf(token: string, account: Account): string | null {
    const [, device = '', mac = ''] = FORM.exec(token) ?? []
    const expected = Buffer.from(macOf(device, account))
    const given = Buffer.from(mac)
    return given.length === expected.length && timingSafeEqual(given, expected) ? device : null
  }

  return {
    deviceOf,

    /** The token of a device that has signed in. One that is still valid stays. */
    issue(account: Account, present: string): string {
      const device = deviceOf(present, account) ?? randomBytes(16).toString('base64url')
      return `${device}.${macOf(device, account)}`
    },
  }
}
