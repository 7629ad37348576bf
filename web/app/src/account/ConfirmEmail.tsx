// The form that takes the code from the mail to a new address.
import { useState } from 'react'
import { CodeField } from '../forms/CodeField.js'
import { FormError } from '../forms/FormError.js'
import { codeProblem } from '../forms/rules.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { client, session } from '../service.js'
import { Button } from '../ui/Button.js'

const names = ['code'] as const

interface ConfirmEmailProps {
  /** From a link, or empty. */
  code?: string
  /** Called when the address is changed. */
  onDone: () => void
}

export function ConfirmEmail({ code: initial = '', onDone }: ConfirmEmailProps) {
  const [code, setCode] = useState(initial)
  const form = useForm({
    names,
    check: (values) => ({ code: codeProblem(values.code) }),
    async submit(values) {
      session.changed(await client.confirmEmailChange(values.code))
      onDone()
    },
    fieldOf: { INVALID_CODE: 'code', EMAIL_EXISTS: 'code' },
    say: ({ code, message }) => (code === 'EMAIL_EXISTS' ? 'Another account has this email address.' : message),
  })
  useFirstField(form.ref)

  return (
    <form {...form.element}>
      <FormError error={form.error} />
      <CodeField {...form.field('code', code, setCode)} />
      <div className="actions">
        <Button look="primary" busy={form.busy}>
          Change address
        </Button>
      </div>
    </form>
  )
}
