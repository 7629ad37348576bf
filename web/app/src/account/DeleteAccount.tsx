import type { User } from '@postern/client'
import { Asking } from '../ui/Asking.js'
import { DeleteForm } from './DeleteForm.js'
import { Section } from './Section.js'

export function DeleteAccount({ user }: { user: User }) {
  return (
    <Section
      id="delete"
      title="Delete account"
      about={
        <>
          <p>Erases your e-mail address, your name and everything else you provided, and ends every session.</p>
          {user.username && (
            <p>
              Your username <strong className="breakable">{user.username}</strong> will not be released: nobody can have
              it afterwards, not even you.
            </p>
          )}
        </>
      }
    >
      <Asking words="Delete account …" look="danger">
        {(cancel) => <DeleteForm user={user} onCancel={cancel} />}
      </Asking>
    </Section>
  )
}
