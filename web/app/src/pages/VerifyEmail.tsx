// The page that verifies an address by the code from a mail. Opening its link does nothing: it takes a click.
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { CodeField } from '../forms/CodeField.js'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { codeProblem, emailProblem } from '../forms/rules.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { navigate } from '../routes.js'
import { client, session } from '../service.js'
import { forgetLink, mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Notice } from '../ui/Notice.js'
import { Entry } from './Entry.js'

const names = ['email', 'code'] as const

export function VerifyEmail() {
  const link = useStore(mailLink)
  // Another link is another form.
  return <VerifyForm key={`${link.email} ${link.code}`} {...link} />
}

function VerifyForm(link: { email: string; code: string }) {
  const state = useStore(session)
  const [email, setEmail] = useState(link.email || (state.status === 'in' ? state.user.email : ''))
  const [code, setCode] = useState(link.code)
  const [isSent, setSent] = useState(false)
  const form = useForm({
    names,
    check: (values) => ({ email: emailProblem(values.email), code: codeProblem(values.code) }),
    async submit(values) {
      const address = trimText(values.email)
      await client.verifyEmail({ ...values, email: address })
      forgetLink()
      if (session.get().status === 'in') {
        await session.ask()
        navigate('/account#email', { replace: true })
      } else {
        session.leave('verified', address)
        navigate('/sign-in', { replace: true })
      }
    },
    fieldOf: { INVALID_CODE: 'code' },
  })
  const resend = useAction(async () => {
    await client.resendVerificationCode(trimText(email))
    setCode('')
    setSent(true)
  })
  useFirstField(form.ref)

  return (
    <Entry
      title="Verify your email address"
      lead={
        link.code
          ? 'Confirm only if you created this account: whoever created it knows its password.'
          : 'We have sent a mail with a code to it.'
      }
    >
      {isSent && (
        <Notice tone="good">
          If the address waits to be verified, a new code is on its way. It replaces the old one.
        </Notice>
      )}
      <form {...form.element}>
        <FormError error={form.error ?? resend.error} />
        <Field label="Email address" type="email" autoComplete="email" {...form.field('email', email, setEmail)} />
        <CodeField {...form.field('code', code, setCode)} />
        <div className="actions">
          <Button look="primary" busy={form.busy}>
            Verify address
          </Button>
          <Button
            look="quiet"
            busy={resend.busy}
            onClick={() => {
              if (emailProblem(email) === undefined) resend.run()
            }}
          >
            Send a new code
          </Button>
        </div>
      </form>
    </Entry>
  )
}
