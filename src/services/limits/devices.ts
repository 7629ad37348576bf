// Recognizes browsers and apps that an account has signed in from before.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { unixSeconds } from '@postern/service/clock'

/** The account that a login is for. */
export interface Account {
  id: string
  generation: number
}

/** The id, until when the device is trusted in Unix seconds if it ever was, and the MAC. */
const FORM = /^([\w-]{22})\.(?:(\d{10})\.)?([\w-]{43})$/

/** How long a person can have a device trusted. */
const TRUST_SECONDS = 30 * 86_400

export type Devices = ReturnType<typeof createDevices>

/**
 * A device token is an id and its HMAC with the account and its generation, so it needs no table, belongs to one account,
 * and ends with its generation: with the password, with each change of the second factor, and with `logoutAll`. It does not
 * sign in. That of a trusted device replaces the second factor after the password.
 */
export function createDevices(key: string) {
  function macOf(device: string, until: string, { id, generation }: Account): string {
    const parts = [id, generation, device]
    const text = until === '' ? ['postern device v1', ...parts] : ['postern trusted device v1', ...parts, until]
    return createHmac('sha256', key).update(text.join('\n')).digest('base64url')
  }

  /** Null if the token is not one for this account. */
  function read(token: string, account: Account): { device: string; until: string } | null {
    const [, device = '', until = '', mac = ''] = FORM.exec(token) ?? []
    const expected = Buffer.from(macOf(device, until, account))
    const given = Buffer.from(mac)
    return given.length === expected.length && timingSafeEqual(given, expected) ? { device, until } : null
  }

  return {
    /** The device's id. Null if the token is not one for this account. */
    deviceOf: (token: string, account: Account): string | null => read(token, account)?.device ?? null,

    /** Whether the person had this device trusted, not too long ago. */
    isTrusted: (token: string, account: Account, now: Date): boolean =>
      Number(read(token, account)?.until ?? 0) > unixSeconds(now),

    /** The token of a device that has signed in. One that is still valid stays, unless `trustAt` says that it is trusted now. */
    issue(account: Account, present: string, trustAt: Date | null = null): string {
      const known = read(present, account) ?? { device: randomBytes(16).toString('base64url'), until: '' }
      const until = trustAt ? String(unixSeconds(trustAt) + TRUST_SECONDS) : known.until
      const mac = macOf(known.device, until, account)
      return until === '' ? `${known.device}.${mac}` : `${known.device}.${until}.${mac}`
    },
  }
}
