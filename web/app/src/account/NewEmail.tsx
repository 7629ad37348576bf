// The form that requests a code for a new email address.
import type { User } from '@postern/client'
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { emailProblem } from '../forms/rules.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { client } from '../service.js'
import { Button } from '../ui/Button.js'
import { useLinked } from './use-linked.js'

const names = ['newEmail', 'password'] as const

interface NewEmailProps {
  user: User
  /** Called with the address that was sent a code. */
  onSent: (email: string) => void
  onCancel: () => void
}

export function NewEmail({ user, onSent, onCancel }: NewEmailProps) {
  const [newEmail, setNewEmail] = useState('')
  const [password, setPassword] = useState('')
  // Then a recent sign-in counts. Only the service knows whether there is a password.
  const mayLackPassword = (useLinked().data?.length ?? 0) > 0
  const form = useForm({
    names,
    check: (values) => ({
      newEmail: emailProblem(values.newEmail),
      password: values.password === '' && !mayLackPassword ? 'Enter your current password.' : undefined,
    }),
    async submit(values) {
      const address = trimText(values.newEmail)
      await client.requestEmailChange({ newEmail: address, password: values.password })
      onSent(address)
    },
  })
  useFirstField(form.ref)

  return (
    <form {...form.element}>
      <FormError error={form.error} />
      {/* Tells password managers whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
      <Field
        label="New email address"
        type="email"
        autoComplete="email"
        {...form.field('newEmail', newEmail, setNewEmail)}
      />
      <PasswordField
        label="Your password"
        autoComplete="current-password"
        {...form.field('password', password, setPassword)}
        hint={mayLackPassword && password === '' && 'Leave it empty if your account has none.'}
      />
      <div className="actions">
        <Button busy={form.busy}>Send code</Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
