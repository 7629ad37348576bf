// The form that protects a username.
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { Field } from '../../forms/Field.js'
import { FormError } from '../../forms/FormError.js'
import { useForm } from '../../forms/use-form.js'
import { Button } from '../../ui/Button.js'
import { PLAIN_TEXT } from '../plain-text.js'
import { protectUsername } from './usernames.js'

const names = ['username'] as const

export function ProtectName({ onProtected }: { onProtected: (username: string) => void }) {
  const [username, setUsername] = useState('')
  const form = useForm({
    names,
    check: (values) => ({ username: trimText(values.username) === '' ? 'Enter a username.' : undefined }),
    async submit(values) {
      const name = trimText(values.username)
      await protectUsername(name)
      setUsername('')
      onProtected(name)
    },
    fieldOf: { INVALID_INPUT: 'username' },
  })
  return (
    <form {...form.element}>
      <FormError error={form.error} />
      <Field label="Username to protect" {...PLAIN_TEXT} {...form.field('username', username, setUsername)} />
      <div className="actions">
        <Button busy={form.busy}>Protect</Button>
      </div>
    </form>
  )
}
