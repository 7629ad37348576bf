// The page that sets a new password by the code from a mail.
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { CodeField } from '../forms/CodeField.js'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { codeProblem, emailProblem, newPasswordProblem } from '../forms/rules.js'
import { StrengthMeter } from '../forms/StrengthMeter.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { LEAST_PASSWORD, usePolicy } from '../forms/use-policy.js'
import { navigate } from '../routes.js'
import { client, session } from '../service.js'
import { forgetLink, mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { Entry } from './Entry.js'

const names = ['email', 'code', 'newPassword'] as const

export function ResetPassword() {
  const link = useStore(mailLink)
  // Another link is another form.
  return <ResetForm key={`${link.email} ${link.code}`} {...link} />
}

function ResetForm(link: { email: string; code: string }) {
  const [email, setEmail] = useState(link.email)
  const [code, setCode] = useState(link.code)
  const [newPassword, setNew] = useState('')
  const least = usePolicy()?.passwordMinLength ?? LEAST_PASSWORD
  const form = useForm({
    names,
    check: (values) => ({
      email: emailProblem(values.email),
      code: codeProblem(values.code),
      newPassword: newPasswordProblem(values.newPassword, least),
    }),
    async submit(values) {
      const address = trimText(values.email)
      await client.resetPassword({ ...values, email: address })
      forgetLink()
      // If this account was signed in here, it no longer is.
      session.leave('reset', address)
      navigate('/sign-in', { replace: true })
    },
    fieldOf: { INVALID_CODE: 'code', WEAK_PASSWORD: 'newPassword', BREACHED_PASSWORD: 'newPassword' },
  })
  useFirstField(form.ref)

  return (
    <Entry
      title="Choose a new password"
      lead={
        <>
          It signs out all your devices. No mail? <Link to="/forgot-password">Send another code</Link>
        </>
      }
    >
      {link.code === '' && link.email !== '' && !form.error && (
        <Notice tone="plain">If this address has an account, a mail with a code is on its way to it.</Notice>
      )}
      <form {...form.element}>
        <FormError error={form.error} />
        <Field label="Email address" type="email" autoComplete="username" {...form.field('email', email, setEmail)} />
        <CodeField {...form.field('code', code, setCode)} />
        <PasswordField
          label="New password"
          autoComplete="new-password"
          {...form.field('newPassword', newPassword, setNew)}
          hint={newPassword === '' && `At least ${least} characters. A few words make a good password.`}
        >
          {form.problems.newPassword === undefined && <StrengthMeter password={newPassword} own={[email, 'postern']} />}
        </PasswordField>
        <Button look="primary" busy={form.busy}>
          Change password
        </Button>
      </form>
    </Entry>
  )
}
