// Chooses the page by the address and by who is signed in.
import type { User } from '@postern/client'
import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react'
import { Console, hiddenFromUsers } from './admin/entrance.js'
import { Loading } from './pages/Loading.js'
import { otherPages, signedInPages } from './pages/on-demand.js'
import { SignIn } from './pages/SignIn.js'
import { addressOf, kept, leaveFor, navigate, type Place, type Route, routes, usePlace } from './routes.js'
import { brand } from './branding.js'
import { session } from './service.js'
import { afterLoad } from './state/after-load.js'
import { mailLink, needsAccount } from './state/mail-link.js'
import type { Farewell, SessionState } from './state/session.js'
import { useStore } from './state/store.js'
import { OutageBanner } from './ui/OutageBanner.js'

/** How long a form waits to learn who is signed in, so that it does not appear and vanish again. */
const PATIENCE_MS = 300

/** Pages for everyone, signed in or not. */
const publicPages = {
  '/forgot-password': 'ForgotPassword',
  '/reset-password': 'ResetPassword',
  '/verify-email': 'VerifyEmail',
  '/keep-account': 'KeepAccount',
} as const

const isPublic = (route: Route): route is keyof typeof publicPages => route in publicPages

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
  // Someone who is not signed in may want to sign up, or has forgotten the password.
  useEffect(() => (state.status === 'out' ? afterLoad(otherPages.prefetch) : undefined), [state.status])
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
  if (route === null) return <Other name="NotFound" />
  if (isPublic(route)) return <Other name={publicPages[route]} />
  const isOfAccount = route === '/account' || route === '/admin'
  const loading = <Loading kind={isOfAccount ? 'account' : 'form'} isShown={!isPatient} />
  if (state.status === 'in' && route === '/admin')
    return (
      <Suspense fallback={loading}>
        <Console key={state.user.id} user={state.user} />
      </Suspense>
    )
  if (state.status === 'in')
    return (route === '/' || route === '/sign-in') && returnTo !== null ? (
      <Loading kind="form" isShown />
    ) : (
      <SignedIn route={route} user={state.user} />
    )
  if (state.status === 'unknown' && (isPatient || isOfAccount)) return loading
  // With another farewell it is another form, with another address in it.
  return route === '/' ? <Other name="SignUp" /> : <SignIn key={farewellOf(state)} />
}

type OtherPages = Exclude<ReturnType<typeof otherPages.get>, Error | null>

function Other({ name }: { name: keyof OtherPages }): ReactNode {
  const pages = useStore(otherPages)
  const isPatient = usePatience()
  useEffect(() => void otherPages.load(), [])
  if (!pages) return <Loading kind="form" isShown={!isPatient} />
  if (pages instanceof Error) throw pages
  const Shown = pages[name]
  return <Shown />
}

/** The state is "in" only when these pages have been loaded, so nothing flickers here. */
function SignedIn({ route, user }: { route: Route; user: User }): ReactNode {
  const pages = useStore(signedInPages)
  if (!pages) return <Loading kind="account" isShown />
  // Such as after an update of the service, which has other files. Loading the document again helps.
  if (pages instanceof Error) throw pages
  if (route === '/change-email') return <pages.ChangeEmail />
  if (route === '/data-export') return <pages.DataExport />
  return <pages.Account key={user.id} user={user} />
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

/** Sets the title, and once the page is there focuses the heading: what a browser does when it loads a page. */
function useAnnouncement({ route, hash }: Place, farewell: Farewell | null): void {
  const first = useRef(true)
  const others = useStore(otherPages)
  const isThere = others !== null || (route !== null && route !== '/' && !isPublic(route))
  useEffect(() => {
    // The console has pages of its own, and announces them.
    if (route === '/admin') {
      first.current = false
      return
    }
    document.title = `${route === null ? 'Page not found' : routes[route]} · ${brand.name}`
    if (!isThere) return
    // A form focuses its first field, and a section of the account its own heading.
    const isTaken = document.activeElement !== document.body || document.getElementById(hash.slice(1))
    if (!first.current && !isTaken) document.querySelector('h1')?.focus()
    first.current = false
  }, [route, hash, farewell, isThere])
}
