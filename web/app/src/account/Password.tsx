// The section that changes the password.
import type { User } from '@postern/client'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { newPasswordProblem } from '../forms/rules.js'
import { StrengthMeter } from '../forms/StrengthMeter.js'
import { useForm } from '../forms/use-form.js'
import { LEAST_PASSWORD, usePolicy } from '../forms/use-policy.js'
import { client } from '../service.js'
import { Button } from '../ui/Button.js'
import { Section } from './Section.js'
import { useLinked } from './use-linked.js'

const names = ['oldPassword', 'newPassword'] as const

interface PasswordProps {
  user: User
  /** Called when the password is changed, which ends all other sessions. */
  onChanged: () => void
}

export function Password({ user, onChanged }: PasswordProps) {
  const [oldPassword, setOld] = useState('')
  const [newPassword, setNew] = useState('')
  const [isDone, setDone] = useState(false)
  // Then a recent sign-in counts. Only the service knows whether there is a password.
  const mayLackPassword = (useLinked().data?.length ?? 0) > 0
  const least = usePolicy()?.passwordMinLength ?? LEAST_PASSWORD
  const form = useForm({
    names,
    check: (values) => ({
      newPassword: newPasswordProblem(values.newPassword, least),
    }),
    async submit(values) {
      await client.changePassword(values)
      setOld('')
      setNew('')
      setDone(true)
      onChanged()
    },
    fieldOf: { WEAK_PASSWORD: 'newPassword', BREACHED_PASSWORD: 'newPassword' },
  })

  /** Typing the next change takes away the result of the last one. */
  const typed = (set: (value: string) => void) => (value: string) => {
    set(value)
    setDone(false)
  }

  return (
    <Section id="password" title="Password" about={<p>A new password signs out all your other devices.</p>}>
      <form {...form.element}>
        <FormError error={form.error} />
        {/* Tells password managers whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          {...form.field('oldPassword', oldPassword, typed(setOld))}
          hint={mayLackPassword && 'Leave it empty if your account has no password yet.'}
        />
        <PasswordField
          label="New password"
          autoComplete="new-password"
          {...form.field('newPassword', newPassword, typed(setNew))}
          hint={newPassword === '' && `At least ${least} characters.`}
        >
          {form.problems.newPassword === undefined && (
            <StrengthMeter password={newPassword} own={[user.email, user.username ?? '', 'postern']} />
          )}
        </PasswordField>
        <div className="actions">
          <Button busy={form.busy}>Change password</Button>
          <span className="done" role="status">
            {isDone && 'Password changed. All other devices were signed out.'}
          </span>
        </div>
      </form>
    </Section>
  )
}
