import type { User } from '@postern/client'
import { useState } from 'react'
import { Button } from '../ui/Button.js'
import { DeleteForm } from './DeleteForm.js'
import { Section } from './Section.js'

export function DeleteAccount({ user }: { user: User }) {
  const [isAsking, setAsking] = useState(false)
  return (
    <Section
      id="delete"
      title="Delete account"
      about={
        <>
          <p>Erases your e-mail address, your name and everything else you gave, and ends every session.</p>
          {user.username && (
            <p>
              What stays is that the name <strong className="breakable">{user.username}</strong> is in use: nobody can
              have it afterwards, not even you.
            </p>
          )}
        </>
      }
    >
      {isAsking ? (
        <DeleteForm user={user} onCancel={() => setAsking(false)} />
      ) : (
        <div className="actions">
          <Button look="danger" onClick={() => setAsking(true)}>
            Delete account …
          </Button>
        </div>
      )}
    </Section>
  )
}
