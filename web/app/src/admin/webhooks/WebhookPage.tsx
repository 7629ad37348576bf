// The page of one webhook.
import { useCallback, useState } from 'react'
import { useLoaded } from '../../state/use-loaded.js'
import { Notice } from '../../ui/Notice.js'
import { NotLoaded } from '../NotLoaded.js'
import { PageHead } from '../PageHead.js'
import { DeleteWebhook } from './DeleteWebhook.js'
import { RotateSecret } from './RotateSecret.js'
import { WebhookDeliveries } from './WebhookDeliveries.js'
import { WebhookState } from './WebhookState.js'
import { webhook } from './webhooks.js'

export function WebhookPage({ webhookId }: { webhookId: string }) {
  const [version, setVersion] = useState(0)
  const load = useCallback(async () => ({ found: await webhook(webhookId) }), [webhookId])
  const { data, error } = useLoaded(load, version)
  const changed = () => setVersion((count) => count + 1)

  if (!data?.found)
    return (
      <>
        <PageHead title="Webhook" />
        {data ? (
          <Notice tone="bad">There is no webhook with this id. It may have been deleted.</Notice>
        ) : (
          <NotLoaded error={error} />
        )}
      </>
    )
  return (
    <>
      <PageHead title="Webhook">
        <span>{data.found.url}</span>
        {data.found.description && <span>{data.found.description}</span>}
      </PageHead>
      <WebhookState webhook={data.found} onChanged={changed} />
      <WebhookDeliveries webhook={data.found} version={version} onChanged={changed} />
      <RotateSecret webhook={data.found} onChanged={changed} />
      <DeleteWebhook webhook={data.found} />
    </>
  )
}
