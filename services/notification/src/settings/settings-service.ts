// Reads and changes how a person gets notifications.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import { invalidField, ServiceError } from '@postern/service/errors'
import type { Category } from '../channels/channel.js'
import type { DeliveryTable } from '../deliveries/delivery-table.js'
import type { PeopleTable } from '../people/people-table.js'
import type { SettingsChanges } from './settings-inputs.js'
import { type Changes, settingsOf, withChoices } from './choices.js'
import { type Settings } from './settings.js'

export interface PersonSettings extends Settings {
  /** Null: the person has chosen nothing. */
  chosenAt: Date | null
}

interface Parts {
  transaction: DatabaseAccess['transaction']
  people: PeopleTable
  deliveries: DeliveryTable
  /** Called after the commit: what waited may be due. */
  wake: () => void
}

export type SettingsService = ReturnType<typeof createSettingsService>

export function createSettingsService({ transaction, people, deliveries, wake }: Parts) {
  async function get(userId: string): Promise<PersonSettings> {
    const { choices, chosenAt } = await people.find(userId)
    return { ...settingsOf(choices), chosenAt }
  }

  /** Two changes at once both have their effect. Throws NOT_FOUND if the account was deleted, and INVALID_INPUT. */
  async function choose(userId: string, changes: Changes): Promise<void> {
    await transaction(async (tx) => {
      const { choices } = await people.lockPresent(tx, userId)
      const chosen = withChoices(choices, changes)
      const { start, end } = settingsOf(chosen).quietHours
      // One of them may have been chosen before.
      if (start === end) throw invalidField('quietHours.end', 'End must not be the same as the start.')
      await people.choose(tx, userId, chosen)
      await deliveries.reconsider(tx, userId)
      tx.afterCommit(wake)
    })
  }

  return {
    get,

    async update(userId: string, changes: SettingsChanges): Promise<PersonSettings> {
      await choose(userId, asChanges(changes))
      return get(userId)
    },

    /** Turns the e-mails of a category off. Without effect if the account was deleted. */
    async unsubscribe({ userId, category }: { userId: string; category: Category }): Promise<void> {
      await choose(userId, { categories: { [category]: { channels: { EMAIL: false } } } }).catch((error: unknown) => {
        if (!(error instanceof ServiceError) || error.code !== 'NOT_FOUND') throw error
      })
    },
  }
}

const asChanges = ({ categories, ...rest }: SettingsChanges): Changes => ({
  ...rest,
  categories: Object.fromEntries(
    categories.map(({ category, channels, digest }) => [
      category,
      { channels: Object.fromEntries(channels.map(({ channel, enabled }) => [channel, enabled])), digest },
    ]),
  ),
})
