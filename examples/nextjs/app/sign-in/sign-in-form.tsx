// Signs in through /graphql of this origin, so that the browser stores the cookies for this origin.
'use client'
import { PosternError } from '@postern/client'
import { useSession } from '@postern/client/react'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { client } from '../../lib/client'

export function SignInForm({ returnTo }: { returnTo: string }) {
  const router = useRouter()
  const { status } = useSession(client)
  const [problem, setProblem] = useState('')

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
      setProblem(error.message)
    }
  }

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
