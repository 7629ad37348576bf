import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Account } from './pages/Account.js'
import { SignIn } from './pages/SignIn.js'
import { SignUp } from './pages/SignUp.js'
import { kept, navigate, type Place, type Route, routes, usePlace } from './routes.js'
import { session } from './service.js'
import type { Farewell, SessionState } from './state/session.js'
import { useStore } from './state/store.js'
import { Wordmark } from './ui/Mark.js'
import { OutageBanner } from './ui/OutageBanner.js'

/** Milliseconds that a form waits for the answer to who is signed in, so that it does not appear to vanish again. */
const PATIENCE = 300

export function App() {
  const state = useStore(session)
  const place = usePlace()
  const { route, hash } = place

  useEffect(() => {
    if (state.status === 'in' && route !== '/account') navigate(`/account${kept()}`, { replace: true })
    if (state.status === 'out' && route === '/account') {
      const keeping = state.farewell === null || state.farewell === 'ended' || state.farewell === 'reused' ? hash : ''
      navigate('/sign-in', { replace: true, keeping })
    }
  }, [state, route, hash])
  useAnnouncement(place, farewellOf(state))

  return (
    <>
      <OutageBanner />
      <Page state={state} route={route} />
    </>
  )
}

function Page({ state, route }: { state: SessionState; route: Route }): ReactNode {
  const isPatient = usePatience()
  if (state.status === 'in') return <Account key={state.user.id} user={state.user} />
  if (state.status === 'unknown' && (isPatient || route === '/account')) return <Waiting isLong={!isPatient} />
  // With another farewell it is another form, with another address in it.
  return route === '/' ? <SignUp /> : <SignIn key={farewellOf(state)} />
}

const Waiting = ({ isLong }: { isLong: boolean }) => (
  <main className="waiting" aria-busy>
    {isLong && (
      <>
        <Wordmark />
        <p className="hint">One moment …</p>
      </>
    )}
  </main>
)

function usePatience(): boolean {
  const [isPatient, setPatient] = useState(true)
  useEffect(() => {
    const timer = setTimeout(() => setPatient(false), PATIENCE)
    return () => clearTimeout(timer)
  }, [])
  return isPatient
}

const farewellOf = (state: SessionState) => (state.status === 'out' ? state.farewell : null)

/** The title, and the focus on the heading: what a browser does by itself where pages are loaded one by one. */
function useAnnouncement({ route, hash }: Place, farewell: Farewell | null): void {
  const first = useRef(true)
  useEffect(() => {
    document.title = `${routes[route]} · Postern`
    // A part of the account takes it by itself.
    if (!first.current && !document.getElementById(hash.slice(1))) document.querySelector('h1')?.focus()
    first.current = false
  }, [route, hash, farewell])
}
