// Who is signed in, as the browser knows it. It follows sign-ins and sign-outs in other tabs.
'use client'
import { useSession } from '@postern/client/react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { client } from '../lib/client'

export function SessionStatus() {
  const session = useSession(client)
  const router = useRouter()

  async function signOut() {
    await client.logout()
    router.replace('/sign-in')
    // Removes pages with the user's data from the router's cache.
    router.refresh()
  }

  switch (session.status) {
    case 'loading':
      return <span>…</span>
    case 'signed-in':
      return (
        <span>
          {session.user.email} <button onClick={() => void signOut()}>Sign out</button>
        </span>
      )
    case 'signed-out':
      return <Link href="/sign-in">Sign in</Link>
    case 'error':
      return <span role="alert">{session.error.message}</span>
  }
}
