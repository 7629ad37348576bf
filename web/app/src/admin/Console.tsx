// The console of administrators: the frame around its pages.
import type { User } from '@postern/client'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { usePlace } from '../routes.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLive } from '../state/use-live.js'
import { Button } from '../ui/Button.js'
import { LegalLinks } from '../ui/LegalLinks.js'
import { Link } from '../ui/Link.js'
import { Wordmark } from '../ui/Mark.js'
import { AuditPage } from './audit/AuditPage.js'
import { UsernamesPage } from './usernames/UsernamesPage.js'
import { nameOf } from './users/accounts.js'
import { UserPage } from './users/UserPage.js'
import { UserSearch } from './users/UserSearch.js'
import { WebhookPage } from './webhooks/WebhookPage.js'
import { WebhooksPage } from './webhooks/WebhooksPage.js'
import './console.css'

const StepUp = lazy(() => import('../mfa/StepUp.js').then((module) => ({ default: module.StepUp })))

const sections = [
  ['/admin', 'Users'],
  ['/admin/usernames', 'Usernames'],
  ['/admin/webhooks', 'Webhooks'],
  ['/admin/audit', 'Audit log'],
] as const

export function Console({ user }: { user: User }) {
  const { path } = usePlace()
  const main = useRef<HTMLElement>(null)
  // Ends the page at once when the session ends elsewhere.
  useLive()
  const signOut = useAction(async () => {
    await client.logout()
    session.leave('signed-out')
  })
  const shown = useRef(path)
  useEffect(() => {
    // As a browser does when it loads a page, unless the page has focused its first field.
    if (shown.current !== path && !main.current?.contains(document.activeElement))
      main.current?.querySelector('h1')?.focus()
    shown.current = path
  }, [path])

  return (
    <>
      <header className="bar">
        <Wordmark />
        <span className="bar-who" title={user.email}>
          {nameOf(user)}
        </span>
        <Button look="quiet" busy={signOut.busy} onClick={signOut.run}>
          Sign out
        </Button>
      </header>
      <nav className="console-ways" aria-label="Administration">
        {sections.map(([to, words]) => (
          <Link key={to} to={to} current={path === to ? 'page' : isBelow(path, to) ? 'true' : undefined}>
            {words}
          </Link>
        ))}
        <Link to="/account">Your account</Link>
      </nav>
      <main className="account console" ref={main}>
        <FormError error={signOut.error} />
        <Page path={path} />
        <LegalLinks />
      </main>
      <Suspense>
        <StepUp user={user} />
      </Suspense>
    </>
  )
}

/** The pages of single users are below the search. */
const isBelow = (path: string, section: string): boolean =>
  path.startsWith(section === '/admin' ? '/admin/users/' : `${section}/`)

function Page({ path }: { path: string }) {
  // Kept here, so that it is there again on the way back from a user.
  const [search, setSearch] = useState('')
  const [, , section, id] = path.split('/')
  if (section === 'users' && id) return <UserPage key={id} userId={id} />
  if (section === 'usernames') return <UsernamesPage />
  if (section === 'webhooks') return id ? <WebhookPage key={id} webhookId={id} /> : <WebhooksPage />
  if (section === 'audit') return <AuditPage />
  return <UserSearch text={search} onText={setSearch} />
}
