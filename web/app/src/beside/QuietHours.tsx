// When the person does not want to be disturbed, and when digests come.
import type { NotificationSettings, UpdateNotificationSettingsInput } from '@postern/client/notifications'
import { type SubmitEvent, useId } from 'react'
import { Button } from '../ui/Button.js'

interface QuietHoursProps {
  settings: NotificationSettings
  onChange: (change: UpdateNotificationSettingsInput) => void
}

const own = Intl.DateTimeFormat().resolvedOptions().timeZone
const zones = Intl.supportedValuesOf('timeZone')

export function QuietHours({ settings, onChange }: QuietHoursProps) {
  const { quietHours, timeZone, digestTime } = settings
  const id = useId()

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const textOf = (name: string) => String(form.get(name))
    onChange({
      quietHours: { enabled: form.get('enabled') !== null, start: textOf('start'), end: textOf('end') },
      timeZone: textOf('zone'),
      digestTime: textOf('digest'),
    })
  }

  // Values that were saved elsewhere replace those of the form.
  return (
    <form key={JSON.stringify([quietHours, timeZone, digestTime])} onSubmit={submit}>
      <fieldset className="quiet-hours">
        <legend>Quiet hours</legend>
        <label className="tick">
          <input type="checkbox" name="enabled" defaultChecked={quietHours.enabled} />
          Mails, SMS and push notifications wait until the end
        </label>
        <div className="pair">
          <Time label="From" name="start" value={quietHours.start} />
          <Time label="To" name="end" value={quietHours.end} />
          <Time label="Daily digests at" name="digest" value={digestTime} />
          <div className="field">
            <label htmlFor={id}>Time zone</label>
            <div className="control">
              <select id={id} name="zone" defaultValue={timeZone}>
                {[...new Set([timeZone, own, ...zones])].map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </select>
            </div>
          </div>
        </div>
        <Button>Save quiet hours</Button>
      </fieldset>
    </form>
  )
}

function Time({ label, name, value }: { label: string; name: string; value: string }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="control">
        <input id={id} type="time" name={name} defaultValue={value} required />
      </div>
    </div>
  )
}
