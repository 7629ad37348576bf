// The section that deletes a webhook.
import { Section } from '../../account/Section.js'
import { navigate } from '../../routes.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { deleteWebhook, type Webhook } from './webhooks.js'

export const DeleteWebhook = ({ webhook: { id, url } }: { webhook: Webhook }) => (
  <Section id="delete" title="Delete webhook" about={<p>To stop it for a while, disable it instead.</p>}>
    <ConfirmAction
      words="Delete webhook …"
      title="Delete webhook"
      consequence={
        <>
          Nothing is sent to <strong className="breakable">{url}</strong> anymore, not even what is waiting. The list of
          its deliveries is lost. This can't be undone.
        </>
      }
      work={async () => {
        await deleteWebhook(id)
        navigate('/admin/webhooks', { replace: true })
      }}
    />
  </Section>
)
