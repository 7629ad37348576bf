// Sends visitors without a session to the sign-in page, before anything renders.
import { NextResponse, type NextRequest } from 'next/server'
import { ACCESS_COOKIE, REFRESH_COOKIE } from './lib/cookies'

/**
 * Only looks whether there are cookies, and grants nothing: anyone can send a cookie. The page verifies the token. A visitor
 * with only a refresh cookie has a session, which the page lets the browser refresh.
 */
export function proxy(request: NextRequest): NextResponse {
  if (request.cookies.has(ACCESS_COOKIE) || request.cookies.has(REFRESH_COOKIE)) return NextResponse.next()
  const signIn = new URL('/sign-in', request.url)
  signIn.searchParams.set('return_to', request.nextUrl.pathname)
  return NextResponse.redirect(signIn)
}

export const config = { matcher: '/account/:path*' }
