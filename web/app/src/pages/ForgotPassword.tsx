// The page that sends a code for a new password.
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { emailProblem } from '../forms/rules.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { navigate } from '../routes.js'
import { client } from '../service.js'
import { awaitCode, mailLink } from '../state/mail-link.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Entry } from './Entry.js'

const names = ['email'] as const

export function ForgotPassword() {
  const [email, setEmail] = useState(mailLink.get().email)
  const form = useForm({
    names,
    check: (values) => ({ email: emailProblem(values.email) }),
    async submit(values) {
      const address = trimText(values.email)
      await client.requestPasswordReset(address)
      awaitCode(address)
      navigate('/reset-password')
    },
  })
  useFirstField(form.ref)

  return (
    <Entry
      title="Forgot your password?"
      lead={
        <>
          We send a code to your email address. <Link to="/sign-in">Back to sign-in</Link>
        </>
      }
    >
      <form {...form.element}>
        <FormError error={form.error} />
        <Field label="Email address" type="email" autoComplete="email" {...form.field('email', email, setEmail)} />
        <Button look="primary" busy={form.busy}>
          Send code
        </Button>
      </form>
    </Entry>
  )
}
