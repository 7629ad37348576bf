// Chooses the page by the address and by who is signed in.
import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { Console, hiddenFromUsers } from './admin/entrance.js'
import { Account } from './pages/Account.js'
import { ChangeEmail } from './pages/ChangeEmail.js'
import { DataExport } from './pages/DataExport.js'
import { ForgotPassword } from './pages/ForgotPassword.js'
import { KeepAccount } from './pages/KeepAccount.js'
import { Loading } from './pages/Loading.js'
import { NotFound } from './pages/NotFound.js'
import { ResetPassword } from './pages/ResetPassword.js'
import { SignIn } from './pages/SignIn.js'
import { SignUp } from './pages/SignUp.js'
import { VerifyEmail } from './pages/VerifyEmail.js'
import { addressOf, kept, leaveFor, navigate, type Place, type Route, routes, usePlace } from './routes.js'
import { brand } from './branding.js'
import { session } from './service.js'
import { mailLink, needsAccount } from './state/mail-link.js'
import type { Farewell, SessionState } from './state/session.js'
import { useStore } from './state/store.js'
import { OutageBanner } from './ui/OutageBanner.js'

/** How long a form waits to learn who is signed in, so that it does not appear and vanish again. */
const PATIENCE_MS = 300

/** Pages for everyone, signed in or not. */
const publicPages: Partial<Record<Route, () => ReactNode>> = {
  '/forgot-password': ForgotPassword,
  '/reset-password': ResetPassword,
  '/verify-email': VerifyEmail,
  '/keep-account': KeepAccount,
}

export function App() {
  const state = useStore(session)
  const place = hiddenFromUsers(usePlace(), state)
  const { route, path, hash, returnTo } = place

  useEffect(() => {
    if (state.status === 'in' && (route === '/' || route === '/sign-in')) {
      const { purpose } = mailLink.get()
      if (purpose && needsAccount(purpose)) navigate(purpose, { replace: true })
      else if (returnTo === null) navigate(`/account${kept() ?? ''}`, { replace: true })
      else leaveFor(returnTo)
    }
    if (state.status === 'out' && route && needsAccount(route)) navigate('/sign-in', { replace: true })
    if (state.status === 'out' && (route === '/account' || route === '/admin')) {
      const isOnPurpose = state.farewell !== null && !['ended', 'elsewhere', 'reused'].includes(state.farewell)
      if (route === '/account') navigate('/sign-in', { replace: true, keeping: isOnPurpose ? null : hash })
      else navigate(addressOf('/sign-in', isOnPurpose ? null : path), { replace: true })
    }
  }, [state, route, path, hash, returnTo])
  useAnnouncement(place, farewellOf(state))

  return (
    <>
      <OutageBanner />
      <Page state={state} place={place} />
    </>
  )
}

function Page({ state, place }: { state: SessionState; place: Place }): ReactNode {
  const { route, returnTo } = place
  const isPatient = usePatience()
  if (route === null) return <NotFound />
  const Public = publicPages[route]
  if (Public) return <Public />
  const isOfAccount = route === '/account' || route === '/admin'
  const loading = <Loading kind={isOfAccount ? 'account' : 'form'} isShown={!isPatient} />
  if (state.status === 'in' && route === '/admin')
    return (
      <Suspense fallback={loading}>
        <Console key={state.user.id} user={state.user} />
      </Suspense>
    )
  if (state.status === 'in')
    return route === '/change-email' ? (
      <ChangeEmail />
    ) : route === '/data-export' ? (
      <DataExport />
    ) : route !== '/account' && returnTo !== null ? (
      <Loading kind="form" isShown />
    ) : (
      <Account key={state.user.id} user={state.user} />
    )
  if (state.status === 'unknown' && (isPatient || isOfAccount)) return loading
  // With another farewell it is another form, with another address in it.
  return route === '/' ? <SignUp /> : <SignIn key={farewellOf(state)} />
}

function usePatience(): boolean {
  const [isPatient, setPatient] = useState(true)
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return isPatient
}

const farewellOf = (state: SessionState) => (state.status === 'out' ? state.farewell : null)

/** Sets the title, and focuses the heading: what a browser does when it loads a page. */
function useAnnouncement({ route, hash }: Place, farewell: Farewell | null): void {
  const first = useRef(true)
  useEffect(() => {
    const isFirst = first.current
    first.current = false
    // The console has pages of its own, and announces them.
    if (route === '/admin') return
    document.title = `${route === null ? 'Page not found' : routes[route]} · ${brand.name}`
    // A form focuses its first field, and a section of the account its own heading.
    const isTaken = document.activeElement !== document.body || document.getElementById(hash.slice(1))
    if (!isFirst && !isTaken) document.querySelector('h1')?.focus()
  }, [route, hash, farewell])
}
