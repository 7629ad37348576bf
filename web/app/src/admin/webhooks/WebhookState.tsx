// The section that shows the state of a webhook, and switches it on and off.
import { Section } from '../../account/Section.js'
import { atMoment } from '../../wording/times.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { Facts } from '../Facts.js'
import { enableWebhook, type Webhook } from './webhooks.js'
import { describeState } from './wording.js'

export function WebhookState({ webhook, onChanged }: { webhook: Webhook; onChanged: () => void }) {
  const [done, say] = useDone()
  const { id, enabled, eventTypes, createdAt } = webhook
  return (
    <Section id="state" title="State" about={<p>Whether events are sent, and which.</p>}>
      <Done done={done} />
      <Facts
        facts={{
          State: describeState(webhook),
          Events: eventTypes?.join(', ') ?? 'All',
          Registered: atMoment(createdAt),
        }}
      />
      <ConfirmAction
        key={done.count}
        words={enabled ? 'Disable webhook …' : 'Enable webhook …'}
        look={enabled ? 'danger' : 'plain'}
        title={enabled ? 'Disable webhook' : 'Enable webhook'}
        consequence={
          enabled
            ? 'Nothing is sent anymore, and new events are not kept for it.'
            : 'New events are sent, and what was waiting when it was disabled.'
        }
        work={async () => {
          await enableWebhook(id, !enabled)
          say(enabled ? 'The webhook is disabled.' : 'The webhook is enabled.')
          onChanged()
        }}
      />
    </Section>
  )
}
