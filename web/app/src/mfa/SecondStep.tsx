// The second step of a sign-in: a code of the authenticator app, or a recovery code.
import { verifyMfa } from '@postern/client/mfa'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { Entry } from '../pages/Entry.js'
import { client, session } from '../service.js'
import { secondStep, type Waiting } from '../state/second-step.js'
import { Button } from '../ui/Button.js'
import { AppCodeField, codeProblem } from './AppCodeField.js'

const names = ['code', 'trust'] as const

export function SecondStep({ waiting: { challenge, identifier } }: { waiting: Waiting }) {
  const [code, setCode] = useState('')
  const form = useForm({
    names,
    check: (values) => ({ code: codeProblem(values.code) }),
    async submit(values) {
      session.prepare()
      const user = await verifyMfa(client, { challenge, code: values.code, trustDevice: values.trust !== '' })
      await session.signedIn(user, identifier)
      secondStep.set(null)
    },
    fieldOf: { INVALID_CODE: 'code' },
  })
  useFirstField(form.ref)
  const isOver = form.error?.code === 'UNAUTHENTICATED'

  return (
    <Entry title="Two-step verification" lead="Enter the code that your authenticator app shows, or a recovery code.">
      <form {...form.element}>
        <FormError error={form.error} />
        <AppCodeField {...form.field('code', code, setCode)} />
        <label className="tick">
          <input type="checkbox" name="trust" value="yes" />
          Don't ask again on this device for 30 days
        </label>
        <Button look="primary" busy={form.busy}>
          Continue
        </Button>
        <Button look="quiet" onClick={() => secondStep.set(null)}>
          {isOver ? 'Sign in again' : 'Back'}
        </Button>
      </form>
    </Entry>
  )
}
