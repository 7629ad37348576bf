// The section that shows, verifies and changes the email address.
import type { User } from '@postern/client'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { awaitCode } from '../state/mail-link.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Confirm } from '../ui/Confirm.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { ConfirmEmail } from './ConfirmEmail.js'
import { NewEmail } from './NewEmail.js'
import { Section } from './Section.js'

interface EmailProps {
  user: User
  /** Called when the address is changed, which ends all other sessions. */
  onChanged: () => void
}

export function Email({ user, onChanged }: EmailProps) {
  const [pending, setPending] = useState('')
  const [done, setDone] = useState('')
  return (
    <Section id="email" title="Email address" about={<p>A new address signs out all your other devices.</p>}>
      <p className="breakable">{user.email}</p>
      {!user.isEmailVerified && <Unverified email={user.email} />}
      {pending === '' ? (
        <Confirm words="Change address …">
          {(cancel) => <NewEmail user={user} onSent={setPending} onCancel={cancel} />}
        </Confirm>
      ) : (
        <>
          <Notice tone="plain">We have sent a code to {pending}. Until you enter it, nothing changes.</Notice>
          <ConfirmEmail
            onDone={() => {
              setPending('')
              setDone('Address changed. All other devices were signed out.')
              onChanged()
            }}
          />
        </>
      )}
      <span className="done" role="status">
        {done}
      </span>
    </Section>
  )
}

function Unverified({ email }: { email: string }) {
  const [isSent, setSent] = useState(false)
  const resend = useAction(async () => {
    await client.resendVerificationCode(email)
    awaitCode(email)
    setSent(true)
  })
  return (
    <>
      <FormError error={resend.error} />
      <Notice tone="plain">
        Not verified yet. <Link to="/verify-email">Enter the code from the mail</Link>
      </Notice>
      <div className="actions">
        <Button busy={resend.busy} onClick={resend.run}>
          Send a new code
        </Button>
        <span className="done" role="status">
          {isSent && 'A new code is on its way.'}
        </span>
      </div>
    </>
  )
}
