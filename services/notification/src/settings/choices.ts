// What people have chosen, and the settings that follow from it and from the defaults.
import { CATEGORIES, type Category } from '../channels/channel.js'
import type { Digest } from '../timing/digests.js'
import { DEFAULTS } from './defaults.js'
import type { ChannelSetting, Settings } from './settings.js'

/** Of each category only what was chosen, so that a default can change for everyone else. */
export type CategoryChoices = Partial<
  Record<Category, { channels?: Partial<Record<ChannelSetting, boolean>> | undefined; digest?: Digest | undefined }>
>

export interface Choices extends Partial<Omit<Settings, 'categories'>> {
  categories?: CategoryChoices
}

export const settingsOf = ({ categories = {}, ...chosen }: Choices): Settings => ({
  ...DEFAULTS,
  ...chosen,
  categories: Object.fromEntries(
    CATEGORIES.map((category) => {
      const { channels, digest } = DEFAULTS.categories[category]
      const choice = categories[category]
      return [category, { channels: { ...channels, ...choice?.channels }, digest: choice?.digest ?? digest }]
    }),
  ) as Settings['categories'],
})

/** What was chosen before, and now. Of a category, channels that are not named stay as they are. */
export function withChoices(before: Choices, { categories = {}, ...changes }: Choices): Choices {
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
  return { ...before, ...changes, categories: merged }
}
