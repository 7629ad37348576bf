// The section with the last deliveries of a webhook.
import { useCallback } from 'react'
import { Section } from '../../account/Section.js'
import { FormError } from '../../forms/FormError.js'
import { useAction } from '../../state/use-action.js'
import { Button } from '../../ui/Button.js'
import { ago, atMoment } from '../../wording/times.js'
import { Done, useDone } from '../Done.js'
import { PagedList } from '../list/PagedList.js'
import { Moment, Row } from '../list/Row.js'
import { usePages } from '../list/use-pages.js'
import {
  replayWebhookDelivery,
  testWebhook,
  type Webhook,
  webhookDeliveries,
  type WebhookDelivery,
} from './webhooks.js'
import { describeDelivery } from './wording.js'

interface WebhookDeliveriesProps {
  webhook: Webhook
  version: number
  onChanged: () => void
}

export function WebhookDeliveries({ webhook: { id, enabled }, version, onChanged }: WebhookDeliveriesProps) {
  const list = usePages(
    useCallback((after: string | null) => webhookDeliveries(id, after), [id]),
    version,
  )
  const [done, say] = useDone()
  const test = useAction(async () => {
    await testWebhook(id)
    say('A test is on its way. Refresh the list to see what became of it.')
    onChanged()
  })
  return (
    <Section
      id="deliveries"
      title="Deliveries"
      about={<p>The events that are sent to it, the newest first. A failed one is tried five times, over 24 hours.</p>}
    >
      <Done done={done} />
      <FormError error={test.error} />
      <div className="actions">
        {enabled && (
          <Button busy={test.busy} onClick={test.run}>
            Send a test
          </Button>
        )}
        <Button look="quiet" onClick={onChanged}>
          Refresh
        </Button>
      </div>
      <PagedList list={list} label="Deliveries" empty="Nothing was sent yet.">
        {(delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            onReplayed={() => {
              say(`${delivery.eventType} is sent again.`)
              onChanged()
            }}
          />
        )}
      </PagedList>
    </Section>
  )
}

function DeliveryRow({ delivery, onReplayed }: { delivery: WebhookDelivery; onReplayed: () => void }) {
  const { id, eventType, status, lastResponseStatus, lastFailure, nextAttemptAt, createdAt } = delivery
  const replay = useAction(async () => {
    await replayWebhookDelivery(id)
    onReplayed()
  })
  return (
    <Row
      icon={status === 'FAILED' ? 'alert' : status === 'DELIVERED' ? 'check' : 'info'}
      title={eventType}
      facts={
        <>
          <span>{describeDelivery(delivery)}</span>
          <Moment at={createdAt} />
          {lastResponseStatus !== null && <span>HTTP {lastResponseStatus}</span>}
          {lastFailure && <span>{lastFailure}</span>}
          {nextAttemptAt && delivery.attempts > 0 && <span>Next attempt {atMoment(nextAttemptAt)}</span>}
        </>
      }
      more={<FormError error={replay.error} />}
    >
      {status !== 'PENDING' && (
        <Button busy={replay.busy} onClick={replay.run} label={`Send again: ${eventType}, ${ago(createdAt)}`}>
          Send again
        </Button>
      )}
    </Row>
  )
}
