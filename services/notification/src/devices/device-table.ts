// The table of devices that get push notifications.
import { randomUUID } from 'node:crypto'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import type { AddressVault } from './address-vault.js'
import { type DeviceKind, MAX_DEVICES, type PushDevice } from './device.js'

const COLUMNS = 'id, kind, name, created_at AS createdAt, last_used_at AS lastUsedAt'

export interface NewDevice {
  userId: string
  kind: DeviceKind
  name: string | null
  /** What makes it this device, such as the URL of a subscription. */
  identity: string
  /** What the channel needs to send to it. */
  address: unknown
}

interface StoredAddress {
  address: string
  mac: string
  registeredAt: Date
}

export type DeviceTable = ReturnType<typeof createDeviceTable>

export const createDeviceTable = ({ read, write, vault }: { read: Read; write: Write; vault: AddressVault }) => ({
  /** The latest first. */
  list: (userId: string): Promise<PushDevice[]> =>
    read<PushDevice>(`SELECT ${COLUMNS} FROM push_devices WHERE user_id = ? ORDER BY registered_at DESC, id DESC`, [
      userId,
    ]),

  async ids(userId: string, kind: DeviceKind): Promise<string[]> {
    const rows = await read<{ id: string }>('SELECT id FROM push_devices WHERE user_id = ? AND kind = ?', [
      userId,
      kind,
    ])
    return rows.map(({ id }) => id)
  },

  /** Null if the person has no such device, or if its address can't be decrypted any more. */
  async find(userId: string, id: string, kind: DeviceKind): Promise<{ address: unknown; registeredAt: Date } | null> {
    const [row] = await read<StoredAddress>(
      `SELECT address, address_mac AS mac, registered_at AS registeredAt FROM push_devices
        WHERE id = ? AND user_id = ? AND kind = ?`,
      [id, userId, kind],
    )
    const address = row && vault.open(row.address, row.mac)
    return row && address ? { address, registeredAt: row.registeredAt } : null
  },

  /** A device that is registered already keeps its id, and belongs to this person from now on. */
  async register(tx: Statements, { userId, kind, name, identity, address }: NewDevice): Promise<PushDevice> {
    const macs = vault.macs(`${kind}\n${identity}`)
    const [mac] = macs
    const sealed = vault.seal(address, mac)
    const known = await tx.select<{ id: string }>(
      `SELECT id FROM push_devices WHERE address_mac IN (${macs.map(() => '?').join(', ')}) FOR UPDATE`,
      macs,
    )
    // Another transaction can insert it first, and with the key before the last rotation it has another hash.
    await tx.write(
      `INSERT INTO push_devices (id, user_id, kind, address_mac, address, name, created_at, registered_at)
        VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))
        ON DUPLICATE KEY UPDATE user_id = VALUES(user_id), address_mac = VALUES(address_mac), address = VALUES(address),
          name = VALUES(name), registered_at = VALUES(registered_at)`,
      [known[0]?.id ?? randomUUID(), userId, kind, mac, sealed, name],
    )
    const [device] = await tx.select<PushDevice>(`SELECT ${COLUMNS} FROM push_devices WHERE address_mac = ?`, [mac])
    if (!device) throw new Error('the device was not stored')
    return device
  },

  /** Removes those that were registered first, beyond MAX_DEVICES. */
  async trim(tx: Statements, userId: string): Promise<void> {
    const surplus = await tx.select<{ id: string }>(
      `SELECT id FROM push_devices WHERE user_id = ? ORDER BY registered_at DESC, id DESC LIMIT 1000 OFFSET ${MAX_DEVICES}`,
      [userId],
    )
    for (const { id } of surplus) await tx.write('DELETE FROM push_devices WHERE id = ?', [id])
  },

  /** Returns whether the person had it. */
  remove: async (userId: string, id: string): Promise<boolean> =>
    (await write('DELETE FROM push_devices WHERE id = ? AND user_id = ?', [id, userId])) > 0,

  noteUse: (id: string): Promise<number> =>
    write('UPDATE push_devices SET last_used_at = UTC_TIMESTAMP(3) WHERE id = ?', [id]),

  erase: (tx: Statements, userId: string): Promise<number> =>
    tx.write('DELETE FROM push_devices WHERE user_id = ?', [userId]),
})
