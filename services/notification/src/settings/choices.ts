// What people have chosen, and the settings that follow from it and from the defaults.
import { CATEGORIES, type Category } from '../channels/channel.js'
import type { Digest } from '../timing/digests.js'
import type { QuietHours } from '../timing/quiet-hours.js'
import { DEFAULTS } from './defaults.js'
import type { ChannelSetting, Settings } from './settings.js'

/** Of each category only what was chosen, so that a default can change for everyone else. */
export type CategoryChoices = Partial<
  Record<Category, { channels?: Partial<Record<ChannelSetting, boolean>> | undefined; digest?: Digest | undefined }>
>

export interface Choices extends Partial<Omit<Settings, 'categories' | 'quietHours'>> {
  quietHours?: Partial<QuietHours>
  categories?: CategoryChoices
}

/** Null is no choice any more. */
type Change<Type> = { [Name in keyof Type]?: Type[Name] | null | undefined }

export interface Changes extends Change<Omit<Settings, 'categories' | 'quietHours'>> {
  quietHours?: Change<QuietHours> | undefined
  categories?: CategoryChoices
}

export const settingsOf = ({ categories = {}, quietHours, ...chosen }: Choices): Settings => ({
  ...DEFAULTS,
  ...chosen,
  quietHours: { ...DEFAULTS.quietHours, ...quietHours },
  categories: Object.fromEntries(
    CATEGORIES.map((category) => {
      const { channels, digest } = DEFAULTS.categories[category]
      const choice = categories[category]
      return [category, { channels: { ...channels, ...choice?.channels }, digest: choice?.digest ?? digest }]
    }),
  ) as Settings['categories'],
})

/** What was chosen before, and now. Of quiet hours and of a category, what is not named stays as it is. */
export function withChoices(before: Choices, { categories = {}, quietHours = {}, ...changes }: Changes): Choices {
  const merged = { ...before.categories }
  for (const category of CATEGORIES) {
    const change = categories[category]
    if (!change) continue
    const known = merged[category]
    merged[category] = {
      channels: { ...known?.channels, ...change.channels },
      digest: change.digest ?? known?.digest,
    }
  }
  return {
    ...changed<Omit<Choices, 'quietHours' | 'categories'>>(before, changes),
    quietHours: changed<Partial<QuietHours>>(before.quietHours ?? {}, quietHours),
    categories: merged,
  }
}

function changed<Chosen extends object>(before: Chosen, changes: Change<Chosen>): Chosen {
  const named = Object.entries(changes).filter(([, value]) => value !== undefined)
  const after = { ...before, ...Object.fromEntries(named) }
  return Object.fromEntries(Object.entries(after).filter(([, value]) => value !== null)) as Chosen
}
