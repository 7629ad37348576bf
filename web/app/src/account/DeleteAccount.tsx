// The section that deletes the account.
import type { User } from '@postern/client'
import { usePolicy } from '../forms/use-policy.js'
import { Confirm } from '../ui/Confirm.js'
import { duration } from '../wording/times.js'
import { DeleteForm } from './DeleteForm.js'
import { Section } from './Section.js'

export function DeleteAccount({ user }: { user: User }) {
  const grace = usePolicy()?.accountDeletionGrace
  return (
    <Section
      id="delete"
      title="Delete account"
      about={
        <>
          <p>Erases your email address, your name and everything else you provided, and ends all sessions.</p>
          {grace !== undefined && grace > 0 && (
            <p>
              You are signed out at once. The account is erased after {duration(grace)}: until then, a link in a mail
              that we send you keeps it.
            </p>
          )}
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
        {(cancel) => <DeleteForm user={user} grace={grace ?? 0} onCancel={cancel} />}
      </Confirm>
    </Section>
  )
}
