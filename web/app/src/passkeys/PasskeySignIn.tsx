// Signing in with a passkey: by a button, or in the field for the name, where the browser offers them.
import { PosternError, type User } from '@postern/client'
import { passkeySupport, signInWithPasskey } from '@postern/client/passkeys'
import { useEffect, useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'

const load = () => passkeySupport(client)
const enter = (user: User) => session.signedIn(user, user.email)

/** Errors after the user has chosen a passkey. Others, such as an outage, are about a request that the user did not make. */
const isAnswer = (error: unknown): error is PosternError =>
  error instanceof PosternError && ['UNAUTHENTICATED', 'CHALLENGE_EXPIRED', 'EMAIL_NOT_VERIFIED'].includes(error.code)

export function PasskeySignIn() {
  const support = useLoaded(load).data
  const [round, setRound] = useState(0)
  const [refusal, setRefusal] = useState<PosternError | null>(null)

  const press = useAction(
    async () => {
      setRefusal(null)
      session.prepare()
      // It has ended what waited in the field.
      await signInWithPasskey(client)
        .then(enter)
        .finally(() => setRound((n) => n + 1))
    },
    ({ code }) => code === 'PASSKEY_CANCELED',
  )

  const autofill = support?.autofill ?? false
  useEffect(() => {
    if (!autofill) return
    const leaving = new AbortController()
    const { signal } = leaving
    signInWithPasskey(client, { autofill, signal })
      .then(enter)
      .catch((error: unknown) => {
        if (signal.aborted || !isAnswer(error)) return
        setRefusal(error)
        setRound((n) => n + 1)
      })
    return () => leaving.abort()
  }, [autofill, round])
  if (!support?.available) return null

  return (
    <div className="passkey">
      <FormError error={press.error ?? refusal} />
      <Button busy={press.busy} onClick={press.run}>
        Sign in with a passkey
      </Button>
    </div>
  )
}
