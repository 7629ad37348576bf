import { useState } from 'react'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { PasswordField } from '../forms/PasswordField.js'
import { useForm } from '../forms/use-form.js'
import { client, session } from '../service.js'
import type { Farewell } from '../state/session.js'
import { useStore } from '../state/store.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { Entry } from './Entry.js'

const farewells: Record<Farewell, string> = {
  ended: 'Your session has ended. Sign in to go on.',
  reused: 'Your session was ended, because somebody may have had a copy of it. Sign in, and change your password.',
  'signed-out': 'You are signed out.',
  everywhere: 'You are signed out on every device.',
  'password-changed': 'Your password is changed, and every device is signed out. Sign in with the new one.',
  deleted: 'Your account is deleted.',
  registered: 'Your account is ready. Sign in to go on.',
}

const isUnasked = (farewell: Farewell): boolean => farewell === 'ended' || farewell === 'reused'

const names = ['who', 'password'] as const

export function SignIn() {
  const state = useStore(session)
  const { farewell, email = '' } = state.status === 'out' ? state : { farewell: null }
  const [who, setWho] = useState(email)
  const [password, setPassword] = useState('')

  const form = useForm({
    names,
    check: () => ({
      who: who.trim() === '' ? 'Enter your e-mail address or username.' : undefined,
      password: password === '' ? 'Enter your password.' : undefined,
    }),
    async submit() {
      const key = who.trim()
      session.signedIn(await client.login(key.includes('@') ? { email: key, password } : { username: key, password }))
    },
    explain: ({ code }) => ({
      password:
        code === 'UNAUTHENTICATED' ? 'That is not the right password for this e-mail address or username.' : undefined,
    }),
  })

  return (
    <Entry
      title="Sign in"
      lead={
        <>
          New here? <Link to="/">Create an account</Link>
        </>
      }
    >
      {farewell && !form.error && !form.problems.password && (
        <Notice tone={isUnasked(farewell) ? 'plain' : 'good'}>{farewells[farewell]}</Notice>
      )}
      <form ref={form.ref} onSubmit={form.onSubmit} noValidate>
        <FormError error={form.error} />
        <Field
          label="E-mail address or username"
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          {...form.field('who', who, setWho)}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          {...form.field('password', password, setPassword)}
        />
        <Button look="primary" busy={form.busy}>
          Sign in
        </Button>
      </form>
    </Entry>
  )
}
