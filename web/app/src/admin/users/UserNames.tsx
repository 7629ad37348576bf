// The section with the usernames that a user has and had.
import type { User } from '@postern/client'
import { useCallback } from 'react'
import { Section } from '../../account/Section.js'
import { useLoaded } from '../../state/use-loaded.js'
import { onDay } from '../../wording/times.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { Row } from '../list/Row.js'
import { NotLoaded } from '../NotLoaded.js'
import { protectUsername } from '../usernames/usernames.js'
import { usernameHistory } from './accounts.js'

interface UserNamesProps {
  user: User
  onChanged: () => void
}

export function UserNames({ user, onChanged }: UserNamesProps) {
  const { id, username } = user
  const { data, error } = useLoaded(useCallback(() => usernameHistory(id), [id]))
  const [done, say] = useDone()
  return (
    <Section id="usernames" title="Usernames" about={<p>The current username, and those that were released.</p>}>
      <Done done={done} />
      {!data && <NotLoaded error={error} />}
      {data?.length === 0 && <p className="hint">The user never had a username.</p>}
      {data && data.length > 0 && (
        <ul className="rows rows-boxed" aria-label="Usernames">
          {data.map(({ username: name, claimedAt, releasedAt, heldUntil }) => (
            <Row
              key={`${name} ${claimedAt}`}
              icon="person"
              title={name}
              facts={
                <>
                  <span>Claimed {onDay(claimedAt)}</span>
                  {releasedAt ? <span>Released {onDay(releasedAt)}</span> : <span>Current</span>}
                  {heldUntil && <span>Held until {onDay(heldUntil)}</span>}
                </>
              }
            />
          ))}
        </ul>
      )}
      {username && (
        <ConfirmAction
          key={done.count}
          words="Protect the username …"
          look="plain"
          title="Protect the username"
          consequence={
            <>
              No one can claim <strong className="breakable">{username}</strong> or a lookalike anymore. The user keeps
              it.
            </>
          }
          work={async () => {
            await protectUsername(username)
            say(`${username} is protected.`)
            onChanged()
          }}
        />
      )}
    </Section>
  )
}
