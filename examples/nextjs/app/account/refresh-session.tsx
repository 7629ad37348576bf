// Shown where the server could not verify a token: the browser refreshes the session, and renders the page again.
'use client'
import { PosternError } from '@postern/client'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { client } from '../../lib/client'

export function RefreshSession() {
  const router = useRouter()
  const [problem, setProblem] = useState('')

  useEffect(() => {
    client.profile().then(
      () => router.refresh(),
      (error: unknown) => {
        if (error instanceof PosternError && error.code === 'UNAUTHENTICATED') router.replace('/sign-in')
        else setProblem(error instanceof Error ? error.message : String(error))
      },
    )
  }, [router])

  return <p role="status">{problem || 'Loading your account …'}</p>
}
