// The section that deletes the account.
import type { User } from '@postern/client'
import { Confirm } from '../ui/Confirm.js'
import { DeleteForm } from './DeleteForm.js'
import { Section } from './Section.js'

export function DeleteAccount({ user }: { user: User }) {
  return (
    <Section
      id="delete"
      title="Delete account"
      about={
        <>
          <p>Erases your email address, your name and everything else you provided, and ends all sessions.</p>
          {user.username && (
            <p>
              Your username <strong className="breakable">{user.username}</strong> stays unavailable: no one can claim
              it afterwards, not even you.
            </p>
          )}
        </>
      }
    >
      <Confirm words="Delete account …" look="danger">
        {(cancel) => <DeleteForm user={user} onCancel={cancel} />}
      </Confirm>
    </Section>
  )
}
