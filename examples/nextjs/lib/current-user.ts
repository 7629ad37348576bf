// The signed-in user, for server components.
import { createClient, PosternError } from '@postern/client'
import { cookies } from 'next/headers'
import { cache } from 'react'
import { ACCESS_COOKIE } from './cookies'

const url = `${process.env['POSTERN_URL'] ?? 'http://localhost:8080'}/graphql`

/**
 * The user that the request's access token belongs to, or null. Null does not mean signed out: the browser may be able to
 * refresh the session. Postern verifies the token, and knows whether it has been revoked.
 *
 * It never refreshes. A refresh replaces both cookies, and a server component can't set cookies: the visitor would lose the
 * session. So this client gets no refresh token.
 */
export const currentUser = cache(async () => {
  const token = (await cookies()).get(ACCESS_COOKIE)?.value
  if (!token) return null
  const client = createClient({
    url,
    // One client for each request, because the token is the visitor's. `no-store`: never give it to another visitor.
    fetch: (input, init) => {
      const headers = new Headers(init?.headers)
      headers.set('authorization', `Bearer ${token}`)
      return fetch(input, { ...init, headers, cache: 'no-store' })
    },
  })
  try {
    return await client.profile()
  } catch (error) {
    if (error instanceof PosternError && error.code === 'UNAUTHENTICATED') return null
    throw error
  } finally {
    client.close()
  }
})
