// The page with all webhooks.
import { useRef, useState } from 'react'
import { Section } from '../../account/Section.js'
import { Link } from '../../ui/Link.js'
import { onDay } from '../../wording/times.js'
import { PagedList } from '../list/PagedList.js'
import { Row } from '../list/Row.js'
import { usePages } from '../list/use-pages.js'
import { PageHead } from '../PageHead.js'
import { NewWebhook } from './NewWebhook.js'
import { describeEventTypes, describeState } from './wording.js'
import { type Webhook, webhooks } from './webhooks.js'
import { WebhookSecret } from './WebhookSecret.js'

export function WebhooksPage() {
  const [version, setVersion] = useState(0)
  const list = usePages(webhooks, version)
  const [secret, setSecret] = useState<string | null>(null)
  const place = useRef<HTMLDivElement>(null)
  return (
    <>
      <PageHead title="Webhooks" />
      <Section id="webhooks" title="Receivers" about={<p>Where events are sent over HTTP.</p>}>
        <PagedList list={list} label="Webhooks" empty="There are no webhooks.">
          {(webhook) => <WebhookRow key={webhook.id} webhook={webhook} />}
        </PagedList>
      </Section>
      <Section
        id="new"
        title="New webhook"
        about={<p>Its receiver verifies each request with a secret, which you see once.</p>}
      >
        <div className="console-place" tabIndex={-1} ref={place}>
          {secret === null ? (
            <NewWebhook
              onRegistered={(registered) => {
                setSecret(registered)
                setVersion((count) => count + 1)
              }}
            />
          ) : (
            <WebhookSecret
              secret={secret}
              onDone={() => {
                setSecret(null)
                place.current?.focus()
              }}
            />
          )}
        </div>
      </Section>
    </>
  )
}

const WebhookRow = ({ webhook }: { webhook: Webhook }) => (
  <Row
    icon={webhook.enabled && !webhook.failingSince ? 'check' : 'alert'}
    title={<Link to={`/admin/webhooks/${webhook.id}`}>{webhook.url}</Link>}
    facts={
      <>
        <span>{describeState(webhook)}</span>
        {webhook.description && <span>{webhook.description}</span>}
        <span>{describeEventTypes(webhook.eventTypes)}</span>
        <span>Since {onDay(webhook.createdAt)}</span>
      </>
    }
  />
)
