// The account page.
import type { User } from '@postern/client'
import { lazy, Suspense, useState } from 'react'
import { DeleteAccount } from '../account/DeleteAccount.js'
import { Email } from '../account/Email.js'
import { NewTerms } from '../account/NewTerms.js'
import { Password } from '../account/Password.js'
import { Profile } from '../account/Profile.js'
import { RecentActivity } from '../account/RecentActivity.js'
import { Sessions } from '../account/Sessions.js'
import { SignInMethods } from '../account/SignInMethods.js'
import { Username } from '../account/Username.js'
import { Beside } from '../beside/on-demand.js'
import { Passkeys } from '../passkeys/on-demand.js'
import { YourData } from '../account/YourData.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLive } from '../state/use-live.js'
import { FormError } from '../forms/FormError.js'
import { Button } from '../ui/Button.js'
import { LegalLinks } from '../ui/LegalLinks.js'
import { Link } from '../ui/Link.js'
import { Wordmark } from '../ui/Mark.js'
import { onDay } from '../wording/times.js'

const TwoStep = lazy(() => import('../mfa/TwoStep.js').then((module) => ({ default: module.TwoStep })))
const StepUp = lazy(() => import('../mfa/StepUp.js').then((module) => ({ default: module.StepUp })))

export function Account({ user }: { user: User }) {
  const [passwordChanges, setPasswordChanges] = useState(0)
  // The role requires two-step verification: until it is on, nothing else works.
  const [mustEnroll, setMustEnroll] = useState(false)
  const live = useLive()
  const signOut = useAction(async () => {
    await client.logout()
    session.leave('signed-out')
  })
  return (
    <>
      <header className="bar">
        <Wordmark />
        <span className="bar-who" title={user.email}>
          {user.username ?? user.email}
        </span>
        <Button look="quiet" busy={signOut.busy} onClick={signOut.run}>
          Sign out
        </Button>
      </header>
      <main className="account">
        <div className="account-head">
          <h1 tabIndex={-1}>Your account</h1>
          <p className="lead facts">
            <span>{user.email}</span>
            <span>Member since {onDay(user.createdAt)}</span>
            {user.role === 'ADMIN' && <Link to="/admin">Administration</Link>}
          </p>
        </div>
        <FormError error={signOut.error} />
        {!mustEnroll && !user.termsAccepted && <NewTerms />}
        {!mustEnroll && (
          <>
            <Profile user={user} />
            <Username user={user} />
            <Email user={user} onChanged={() => setPasswordChanges((count) => count + 1)} />
            <SignInMethods user={user} version={passwordChanges + live} />
            <Sessions version={passwordChanges + live} />
            <RecentActivity user={user} version={passwordChanges + live + Date.parse(user.updatedAt)} />
            <Password user={user} onChanged={() => setPasswordChanges((count) => count + 1)} />
          </>
        )}
        <Suspense>
          <Passkeys version={passwordChanges + live} />
        </Suspense>
        <Suspense>
          <TwoStep
            version={passwordChanges + live}
            onChanged={() => setPasswordChanges((count) => count + 1)}
            onState={({ isEnabled, isRequired }) => setMustEnroll(isRequired && !isEnabled)}
          />
        </Suspense>
        {!mustEnroll && (
          <Suspense>
            <Beside />
          </Suspense>
        )}
        {!mustEnroll && <YourData user={user} />}
        {!mustEnroll && <DeleteAccount user={user} />}
        <LegalLinks />
      </main>
      <Suspense>
        <StepUp user={user} />
      </Suspense>
    </>
  )
}
