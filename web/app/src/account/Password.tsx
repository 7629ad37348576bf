// The section that changes the password.
import type { User } from '@postern/client'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { newPasswordProblem } from '../forms/rules.js'
import { StrengthMeter } from '../forms/StrengthMeter.js'
import { useForm } from '../forms/use-form.js'
import { LEAST_PASSWORD, usePolicy } from '../forms/use-policy.js'
import { client, session } from '../service.js'
import { Button } from '../ui/Button.js'
import { Section } from './Section.js'

const names = ['oldPassword', 'newPassword'] as const

export function Password({ user }: { user: User }) {
  const [oldPassword, setOld] = useState('')
  const [newPassword, setNew] = useState('')
  const least = usePolicy()?.passwordMinLength ?? LEAST_PASSWORD
  const form = useForm({
    names,
    check: () => ({
      oldPassword: oldPassword === '' ? 'Enter your current password.' : undefined,
      newPassword: newPasswordProblem(newPassword, least),
    }),
    async submit() {
      await client.changePassword({ oldPassword, newPassword })
      session.leave('password-changed', user.email)
    },
    fieldOf: { WEAK_PASSWORD: 'newPassword' },
  })

  return (
    <Section
      id="password"
      title="Password"
      about={<p>A new password signs you out on every device, this one included. You then sign in with the new one.</p>}
    >
      <form ref={form.ref} onSubmit={form.onSubmit} noValidate>
        <FormError error={form.error} />
        {/* Tells password managers whose password this is. */}
        <input type="text" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          {...form.field('oldPassword', oldPassword, setOld)}
        />
        <PasswordField
          label="New password"
          autoComplete="new-password"
          {...form.field('newPassword', newPassword, setNew)}
          hint={newPassword === '' && `At least ${least} characters.`}
        >
          {form.problems.newPassword === undefined && (
            <StrengthMeter password={newPassword} own={[user.email, user.username ?? '', 'postern']} />
          )}
        </PasswordField>
        <div className="actions">
          <Button busy={form.busy}>Change password and sign out</Button>
        </div>
      </form>
    </Section>
  )
}
