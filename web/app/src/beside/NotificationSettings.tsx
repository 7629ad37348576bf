// The section in which the person chooses how to get notifications. Each choice is saved at once.
import {
  type NotificationCategorySettings,
  type NotificationSettings as Settings,
  notificationSettings,
  type UpdateNotificationSettingsInput,
  updateNotificationSettings,
} from '@postern/client/notifications'
import { useState } from 'react'
import { Section } from '../account/Section.js'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { CATEGORIES, CHANNELS, DIGESTS } from './notification-words.js'
import { PushInBrowser } from './PushInBrowser.js'
import { QuietHours } from './QuietHours.js'

const load = () => notificationSettings(client)

export function NotificationSettings() {
  const { data, failed } = useLoaded(load)
  const [saved, setSaved] = useState<Settings | null>(null)
  const save = useAction(async (change: UpdateNotificationSettingsInput) => {
    setSaved(await updateNotificationSettings(client, change))
  })
  const settings = saved ?? data
  return (
    <Section
      id="notification-settings"
      title="How you get notifications"
      about={<p>Notices about the security of your account always come by mail, also in quiet hours.</p>}
    >
      <FormError error={save.error} />
      {!settings && (failed ? <p className="hint">Can't load your settings right now.</p> : <Loading />)}
      {settings && (
        <>
          <Channels settings={settings} onChange={save.run} />
          <QuietHours settings={settings} onChange={save.run} />
        </>
      )}
      <PushInBrowser />
    </Section>
  )
}

type OnChange = (change: UpdateNotificationSettingsInput) => void

function Channels({ settings, onChange }: { settings: Settings; onChange: OnChange }) {
  const shown = CHANNELS.filter(([channel]) => channel !== 'SMS' || settings.phoneNumberEnding !== null)
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Categories and channels">
      <table className="choices">
        <thead>
          <tr>
            <th scope="col">About</th>
            {shown.map(([channel, words]) => (
              <th scope="col" key={channel}>
                {words}
              </th>
            ))}
            <th scope="col">Mails together</th>
          </tr>
        </thead>
        <tbody>
          {settings.categories.map((category) => (
            <Category key={category.category} category={category} shown={shown} onChange={onChange} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CategoryProps {
  category: NotificationCategorySettings
  shown: typeof CHANNELS
  onChange: OnChange
}

function Category({ category: { category, channels, digest }, shown, onChange }: CategoryProps) {
  const words = CATEGORIES[category]
  const isOn = (name: string) => channels.find(({ channel }) => channel === name)?.enabled ?? false
  return (
    <tr>
      <th scope="row">{words}</th>
      {shown.map(([channel, name]) => (
        <td key={channel}>
          <input
            type="checkbox"
            aria-label={`${words}: ${name}`}
            checked={isOn(channel)}
            disabled={category === 'SECURITY' && channel === 'EMAIL'}
            onChange={(event) =>
              onChange({ categories: [{ category, channels: [{ channel, enabled: event.target.checked }] }] })
            }
          />
        </td>
      ))}
      <td>
        {category === 'SECURITY' ? (
          'Never'
        ) : (
          <select
            aria-label={`${words}: mails together`}
            value={digest}
            onChange={(event) => onChange({ categories: [{ category, digest: event.target.value as typeof digest }] })}
          >
            {DIGESTS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </td>
    </tr>
  )
}

const Loading = () => (
  <div className="rows-boxed">
    <LoadingStatus />
    <Skeleton shapes={['row', 'row', 'row']} />
  </div>
)
