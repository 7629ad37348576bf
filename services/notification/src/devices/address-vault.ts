// How the addresses of devices and telephones are stored: encrypted, and recognizable by a keyed hash.
import { createHmac } from 'node:crypto'
import { createKeyRing, deriveKey } from '@postern/service/sealing'

export type AddressVault = ReturnType<typeof createAddressVault>

/** `current` and `previous`: NOTIFICATION_KEY. `previous` keys only open and recognize. */
export function createAddressVault(current: string, previous: readonly string[]) {
  const ring = createKeyRing('postern notification address v1', current, previous)
  const macKeys = [current, ...previous].map((key) => deriveKey(key, 'postern notification address mac v1'))

  return {
    /** It can't be opened for another owner. */
    seal: (address: unknown, owner: string): string => ring.seal(Buffer.from(JSON.stringify(address)), owner),

    /** Null if the key is unknown, or if something else has changed what is stored. */
    open(sealed: string, owner: string): unknown {
      const opened = ring.open(sealed, owner)
      return opened && (JSON.parse(opened.toString()) as unknown)
    },

    /** 64 hexadecimal characters for each key, the current one first. */
    macs: (text: string): [string, ...string[]] =>
      macKeys.map((key) => createHmac('sha256', key).update(text).digest('hex')) as [string, ...string[]],
  }
}
