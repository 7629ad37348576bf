// Reads and changes how a person gets notifications.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import { ServiceError } from '@postern/service/errors'
import type { Category } from '../channels/channel.js'
import type { DeliveryTable } from '../deliveries/delivery-table.js'
import type { PeopleTable } from '../people/people-table.js'
import type { SettingsChanges } from './settings-inputs.js'
import { type CategoryChoices, type Choices, settingsOf, withChoices } from './choices.js'
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

  /** Two changes at once both have their effect. Throws NOT_FOUND if the account was deleted. */
  async function choose(userId: string, changes: Choices): Promise<void> {
    await transaction(async (tx) => {
      const { choices } = await people.lockPresent(tx, userId)
      await people.choose(tx, userId, withChoices(choices, changes))
      await deliveries.reconsider(tx, userId)
      tx.afterCommit(wake)
    })
  }

  return {
    get,

    async update(userId: string, changes: SettingsChanges): Promise<PersonSettings> {
      await choose(userId, choicesOf(changes))
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

function choicesOf({ categories, ...rest }: SettingsChanges): Choices {
  const present = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Choices
  const chosen = categories.map(({ category, channels, digest }) => [
    category,
    { channels: Object.fromEntries(channels.map(({ channel, enabled }) => [channel, enabled])), digest },
  ])
  return { ...present, categories: Object.fromEntries(chosen) as CategoryChoices }
}
