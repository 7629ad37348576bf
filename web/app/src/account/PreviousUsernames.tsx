// The usernames that the user released, with how long each is still held for them.
import type { UsernameRecord } from '@postern/client'
import { Button } from '../ui/Button.js'
import { onDay } from '../wording/times.js'

interface PreviousUsernamesProps {
  records: readonly UsernameRecord[]
  onChoose: (username: string) => void
}

export function PreviousUsernames({ records, onChoose }: PreviousUsernamesProps) {
  if (records.length === 0) return null
  return (
    <div className="previous">
      <h3>Previous usernames</h3>
      <ul className="rows">
        {records.map(({ username, releasedAt, heldUntil }) => (
          <li key={`${username} ${releasedAt ?? ''}`} className="row">
            <div className="row-words">
              <span className="row-title">{username}</span>
              <span className="row-more facts">
                {releasedAt && <span>Released on {onDay(releasedAt)}</span>}
                <span>{heldUntil ? `Held for you until ${onDay(heldUntil)}` : 'No longer held for you'}</span>
              </span>
            </div>
            {heldUntil && (
              <Button label={`Use again: ${username}`} onClick={() => onChoose(username)}>
                Use again
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
