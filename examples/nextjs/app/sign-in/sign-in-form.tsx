// Signs in through /graphql of this origin, so that the browser stores the cookies for this origin.
'use client'
import { PosternError } from '@postern/client'
import { verifyMfa } from '@postern/client/mfa'
import { useSession } from '@postern/client/react'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { client } from '../../lib/client'

export function SignInForm({ returnTo }: { returnTo: string }) {
  const router = useRouter()
  const { status } = useSession(client)
  const [problem, setProblem] = useState('')
  // Of an account with two-step verification, once the password was right.
  const [challenge, setChallenge] = useState<string | null>(null)

  // After signing in, in any tab. Also for visitors who come from a link on another site: browsers then send no cookies
  // with the first request, so the server takes them for signed out.
  useEffect(() => {
    if (status === 'signed-in') router.replace(returnTo)
  }, [status, returnTo, router])

  async function signIn(form: FormData) {
    setProblem('')
    try {
      await client.login({ email: String(form.get('email')), password: String(form.get('password')) })
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      if (error.challenge === undefined) setProblem(error.message)
      else setChallenge(error.challenge)
    }
  }

  async function verify(challenge: string, form: FormData) {
    setProblem('')
    try {
      await verifyMfa(client, { challenge, code: String(form.get('code')) })
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      setProblem(error.message)
      // Too late, or too many wrong codes: the password is needed again.
      if (error.code === 'UNAUTHENTICATED') setChallenge(null)
    }
  }

  if (challenge !== null)
    return (
      <form action={(form) => verify(challenge, form)}>
        <p>
          <label>
            Code of your authenticator app, or a recovery code{' '}
            <input name="code" autoComplete="one-time-code" required autoFocus />
          </label>
        </p>
        <p role="alert">{problem}</p>
        <button>Continue</button>
      </form>
    )

  return (
    <form action={signIn}>
      <p>
        <label>
          Email address <input name="email" type="email" autoComplete="email" required />
        </label>
      </p>
      <p>
        <label>
          Password <input name="password" type="password" autoComplete="current-password" required />
        </label>
      </p>
      <p role="alert">{problem}</p>
      <button>Sign in</button>
    </form>
  )
}
