// Reads what a delivery is about, from the database of now: a notification can have expired since, or its person can be gone.
import type { Read } from '@postern/service/database/reads'
import type { Category } from '../channels/channel.js'
import { choicesOf } from '../people/people-table.js'
import { settingsOf } from '../settings/choices.js'
import { type Settings } from '../settings/settings.js'

export interface LoadedNotification {
  id: string
  userId: string | null
  category: Category
  locale: string
  link: string | null
  /** Sealed. */
  message: string | null
  isSecret: boolean
  expiresAt: Date | null
  createdAt: Date
  settings: Settings
  /** The account was deleted. */
  isErased: boolean
}

interface Row extends Omit<LoadedNotification, 'settings' | 'isErased' | 'isSecret'> {
  isSecret: number
  choices: string | null
  erasedAt: Date | null
}

const SELECT = `SELECT n.id, n.user_id AS userId, n.category, n.locale, n.link, n.message, n.expires_at AS expiresAt,
    n.created_at AS createdAt, n.is_secret AS isSecret, p.choices, p.erased_at AS erasedAt
  FROM notifications n LEFT JOIN people p ON p.user_id = n.user_id`

function loadedOf({ isSecret, choices, erasedAt, ...rest }: Row): LoadedNotification {
  return {
    ...{ ...rest, isSecret: isSecret === 1 },
    settings: settingsOf(choicesOf(choices)),
    isErased: erasedAt !== null,
  }
}

export const createLoading = (read: Read) => ({
  async notification(id: string): Promise<LoadedNotification | null> {
    const [row] = await read<Row>(`${SELECT} WHERE n.id = ?`, [id])
    return row ? loadedOf(row) : null
  },

  /** That of a delivery. */
  async notificationOf(deliveryId: string): Promise<LoadedNotification | null> {
    const [row] = await read<Row>(`${SELECT} JOIN deliveries d ON d.notification_id = n.id WHERE d.id = ?`, [
      deliveryId,
    ])
    return row ? loadedOf(row) : null
  },
})
