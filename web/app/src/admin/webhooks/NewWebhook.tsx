// The form that registers a webhook.
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { Field } from '../../forms/Field.js'
import { FormError } from '../../forms/FormError.js'
import { useForm } from '../../forms/use-form.js'
import { Button } from '../../ui/Button.js'
import { PLAIN_TEXT } from '../plain-text.js'
import { registerWebhook } from './webhooks.js'

const names = ['url', 'description', 'eventTypes'] as const

export function NewWebhook({ onRegistered }: { onRegistered: (secret: string) => void }) {
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const [eventTypes, setEventTypes] = useState('')
  const form = useForm({
    names,
    check: (values) => ({ url: trimText(values.url) === '' ? 'Enter the URL of the receiver.' : undefined }),
    async submit(values) {
      const types = values.eventTypes.split(/[\s,]+/).filter(Boolean)
      const secret = await registerWebhook({
        url: trimText(values.url),
        description: trimText(values.description) || null,
        eventTypes: types.length > 0 ? types : null,
      })
      onRegistered(secret)
    },
  })
  return (
    <form {...form.element}>
      <FormError error={form.error} />
      <Field
        label="URL"
        inputMode="url"
        {...PLAIN_TEXT}
        {...form.field('url', url, setUrl)}
        hint="An https:// address."
      />
      <Field
        label="Description"
        autoComplete="off"
        maxLength={255}
        {...form.field('description', description, setDescription)}
        hint="What it is for. You can leave it empty."
      />
      <Field
        label="Event types"
        {...PLAIN_TEXT}
        {...form.field('eventTypes', eventTypes, setEventTypes)}
        hint="Such as user.registered, user.deleted. Leave it empty for all."
      />
      <div className="actions">
        <Button busy={form.busy}>Create webhook</Button>
      </div>
    </form>
  )
}
