// The section with what the person may take along.
import { exportData, requestDataExport } from '@postern/client/data'
import type { User } from '@postern/client'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Notice } from '../ui/Notice.js'
import { Section } from './Section.js'
import { saveExport } from './save-export.js'

export function YourData({ user }: { user: User }) {
  const [isSent, setSent] = useState(false)
  const download = useAction(async () => saveExport(await exportData(client)))
  const send = useAction(async () => {
    await requestDataExport(client)
    setSent(true)
  })
  return (
    <Section
      id="data"
      title="Your data"
      about={<p>Your profile, usernames, sessions and activity, as a JSON file. It contains no passwords.</p>}
    >
      <FormError error={download.error ?? send.error} />
      {isSent && <Notice tone="good">A mail with a link is on its way to {user.email}. It works for an hour.</Notice>}
      <div className="actions">
        <Button busy={download.busy} onClick={download.run}>
          Download your data
        </Button>
        <Button look="quiet" busy={send.busy} onClick={send.run}>
          Send a link by mail
        </Button>
      </div>
    </Section>
  )
}
