// The form that deletes the account.
import type { User } from '@postern/client'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { useForm } from '../forms/use-form.js'
import { client, session } from '../service.js'
import { Button } from '../ui/Button.js'
import { Icon } from '../ui/Icon.js'
import { useLinked } from './use-linked.js'

const names = ['password', 'sure'] as const

/** Needs the password and a tick, so that neither a slip nor an unattended screen is enough. */
export function DeleteForm({ user, grace, onCancel }: { user: User; grace: number; onCancel: () => void }) {
  const [password, setPassword] = useState('')
  const [isSure, setSure] = useState(false)
  // Then a recent sign-in counts. Only the service knows whether there is a password.
  const mayLackPassword = (useLinked().data?.length ?? 0) > 0
  const form = useForm({
    names,
    check: (values) => ({
      password: values.password === '' && !mayLackPassword ? 'Enter your password.' : undefined,
      sure: values.sure ? undefined : 'Check the box to continue.',
    }),
    async submit(values) {
      await client.deleteAccount(values.password)
      session.leave(grace > 0 ? 'deletion-requested' : 'deleted')
    },
  })

  return (
    <form {...form.element} className="confirm">
      <FormError error={form.error} />
      <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
      <PasswordField
        label="Your password"
        autoComplete="current-password"
        {...form.field('password', password, setPassword)}
        hint={mayLackPassword && password === '' && 'Leave it empty if your account has none.'}
      />
      <div className="field">
        <label className="tick">
          <input
            type="checkbox"
            name="sure"
            checked={isSure}
            aria-invalid={form.problems.sure !== undefined}
            aria-describedby="sure-problem"
            onChange={(event) => {
              setSure(event.target.checked)
              form.changed('sure')
            }}
          />
          {grace > 0 ? "I understand that this can't be undone after that." : "I understand that this can't be undone."}
        </label>
        <p className="status status-bad" id="sure-problem">
          {form.problems.sure && <Icon name="alert" />}
          {form.problems.sure}
        </p>
      </div>
      <div className="actions">
        <Button look="danger" busy={form.busy}>
          Delete my account
        </Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
