// Sets up an authenticator app: the QR code, and the first code that the app shows.
import { enableMfa, type MfaEnrollment } from '@postern/client/mfa'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { client } from '../service.js'
import { Button } from '../ui/Button.js'
import { AppCodeField, codeProblem } from './AppCodeField.js'
import { QrCode } from './QrCode.js'

interface EnrollProps {
  enrollment: MfaEnrollment
  onEnabled: (recoveryCodes: readonly string[]) => void
  onCancel: () => void
}

/** People type it in groups. */
const grouped = (secret: string): string => secret.replace(/.{4}(?=.)/g, '$& ')

export function Enroll({ enrollment: { uri, secret, enrollment }, onEnabled, onCancel }: EnrollProps) {
  const [code, setCode] = useState('')
  const form = useForm({
    names: ['code'],
    check: (values) => ({ code: codeProblem(values.code) }),
    submit: async (values) => onEnabled(await enableMfa(client, { enrollment, code: values.code })),
    fieldOf: { INVALID_CODE: 'code' },
  })
  useFirstField(form.ref)

  return (
    <form {...form.element} className="confirm" aria-label="Set up an authenticator app">
      <p>Scan this with an authenticator app on your phone.</p>
      <QrCode text={uri} label="QR code for your authenticator app" />
      <p>
        Or type this key into the app: <code className="breakable">{grouped(secret)}</code>
      </p>
      <FormError error={form.error} />
      <AppCodeField {...form.field('code', code, setCode)} hint="6 digits that the app shows now." />
      <div className="actions">
        <Button look="primary" busy={form.busy}>
          Turn on
        </Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
