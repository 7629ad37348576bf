// A dialog that asks the person to confirm who they are, for an operation that needs it.
import type { User } from '@postern/client'
import { mfaState, reauthenticate } from '@postern/client/mfa'
import { Suspense, useEffect, useRef, useState } from 'react'
import { ProviderProof } from '../account/ProviderProof.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { PasskeyProof } from '../passkeys/on-demand.js'
import { client } from '../service.js'
import { offerStepUp, stepUp } from '../state/step-up.js'
import { useLoaded } from '../state/use-loaded.js'
import { useStore } from '../state/store.js'
import { Button } from '../ui/Button.js'
import { AppCodeField, codeProblem } from './AppCodeField.js'

const load = () => mfaState(client)

/** Mount it once on each page whose operations may need it. Operations run in `withStepUp`, as those of `useAction` do. */
export function StepUp({ user }: { user: User }) {
  const asked = useStore(stepUp)
  useEffect(offerStepUp, [])
  return asked && <Dialog user={user} answer={asked.answer} />
}

function Dialog({ user, answer }: { user: User; answer: (isConfirmed: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const state = useLoaded(load)

  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby="step-up-title"
      onCancel={(event) => {
        event.preventDefault()
        answer(false)
      }}
    >
      <h2 id="step-up-title">Confirm that it's you</h2>
      {state.data ? (
        <Proof user={user} isCode={state.data.isEnabled} answer={answer} />
      ) : (
        <>
          {state.failed && <p className="hint">Can't reach the service right now.</p>}
          <Button look="quiet" onClick={() => answer(false)}>
            Cancel
          </Button>
        </>
      )}
    </dialog>
  )
}

interface ProofProps {
  user: User
  /** Whether a code is needed rather than the password. */
  isCode: boolean
  answer: (isConfirmed: boolean) => void
}

function Proof({ user, isCode, answer }: ProofProps) {
  const [proof, setProof] = useState('')
  const name = isCode ? 'code' : 'password'
  const form = useForm<'code' | 'password'>({
    names: [name],
    check: (values) => ({
      [name]: isCode ? codeProblem(values.code) : values.password === '' ? 'Enter your password.' : undefined,
    }),
    async submit({ code, password }) {
      await reauthenticate(client, isCode ? { code } : { password })
      answer(true)
    },
    fieldOf: { INVALID_CODE: 'code' },
  })
  useFirstField(form.ref)

  return (
    <form {...form.element}>
      <p className="about">
        {isCode ? 'To continue, enter a code of your authenticator app.' : 'To continue, enter your password.'}
      </p>
      <FormError error={form.error} />
      <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
      {isCode ? (
        <AppCodeField {...form.field(name, proof, setProof)} />
      ) : (
        <PasswordField label="Password" autoComplete="current-password" {...form.field(name, proof, setProof)} />
      )}
      <div className="actions">
        <Button look="primary" busy={form.busy}>
          Confirm
        </Button>
        <Button look="quiet" onClick={() => answer(false)}>
          Cancel
        </Button>
      </div>
      <Suspense>
        <PasskeyProof onProved={() => answer(true)} />
      </Suspense>
      {!isCode && <ProviderProof />}
    </form>
  )
}
