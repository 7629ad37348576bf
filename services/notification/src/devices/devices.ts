// The devices of people: to register, list and remove them, and as channels see them.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { ServiceError } from '@postern/service/errors'
import type { Devices as ChannelDevices } from '../channels/devices.js'
import type { DeviceTable, NewDevice } from './device-table.js'
import type { DeviceKind, PushDevice } from './device.js'
import type { PeopleTable } from '../people/people-table.js'

export type PushDevices = ReturnType<typeof createPushDevices>

export const createPushDevices = (
  table: DeviceTable,
  transaction: MysqlTransaction,
  people: Pick<PeopleTable, 'lockPresent'>,
) => ({
  /** The latest first. */
  list: (userId: string): Promise<PushDevice[]> => table.list(userId),

  /** Throws NOT_FOUND if the account was deleted. */
  register: (device: NewDevice): Promise<PushDevice> =>
    transaction(async (tx) => {
      await people.lockPresent(tx, device.userId)
      const registered = await table.register(tx, device)
      await table.trim(tx, device.userId)
      return registered
    }),

  /** Throws NOT_FOUND. */
  async remove(userId: string, id: string): Promise<void> {
    if (!(await table.remove(userId, id))) throw new ServiceError('NOT_FOUND')
  },
})

/** The devices of one kind, for the channel that sends to them. `read` makes its address of what was stored. */
export const devicesOf = <Address>(
  table: DeviceTable,
  kind: DeviceKind,
  read: (stored: unknown) => Address,
): ChannelDevices<Address> => ({
  targets: (userId) => table.ids(userId, kind),

  async find({ userId, target }) {
    const found = userId === null || target === null ? null : await table.find(userId, target, kind)
    return found && { ...found, address: read(found.address) }
  },

  async forget(userId, target) {
    if (target !== null) await table.remove(userId, target)
  },

  noteUse(target) {
    // Only for its owner to see. A failure must not make a notification that was delivered look as if it was not.
    if (target !== null) table.noteUse(target).catch(() => undefined)
  },
})
