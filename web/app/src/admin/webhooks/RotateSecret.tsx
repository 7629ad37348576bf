// The section that gives a webhook a new secret.
import { useState } from 'react'
import { Section } from '../../account/Section.js'
import { atMoment } from '../../wording/times.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { rotateWebhookSecret, type Webhook } from './webhooks.js'
import { WebhookSecret } from './WebhookSecret.js'

export function RotateSecret({ webhook, onChanged }: { webhook: Webhook; onChanged: () => void }) {
  const [secret, setSecret] = useState<string | null>(null)
  const [done, say] = useDone()
  const { id, previousSecretValidUntil } = webhook
  return (
    <Section id="secret" title="Secret" about={<p>With it, the receiver verifies that requests come from here.</p>}>
      <Done done={done} />
      {previousSecretValidUntil && (
        <p>Requests are also signed with the secret before, until {atMoment(previousSecretValidUntil)}.</p>
      )}
      {secret !== null ? (
        <WebhookSecret
          secret={secret}
          onDone={() => {
            setSecret(null)
            say('The new secret is in use.')
          }}
        />
      ) : (
        <ConfirmAction
          words="New secret …"
          look="plain"
          title="Create a new secret"
          consequence={
            previousSecretValidUntil
              ? 'The secret before the current one stops working at once. The current one works for 24 hours more.'
              : 'The current secret works for 24 hours more.'
          }
          work={async () => {
            setSecret(await rotateWebhookSecret(id))
            onChanged()
          }}
        />
      )}
    </Section>
  )
}
