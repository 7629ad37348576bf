import type { UsernameRecord } from '@postern/client'
import { Button } from '../ui/Button.js'
import { onDay } from '../wording/times.js'

interface NamesHadProps {
  records: readonly UsernameRecord[]
  onChoose: (username: string) => void
}

/** The names that somebody gave up, with how long each is still kept for them. */
export function NamesHad({ records, onChoose }: NamesHadProps) {
  if (records.length === 0) return null
  return (
    <div className="had">
      <h3>Names you had</h3>
      <ul className="rows">
        {records.map(({ username, releasedAt, heldUntil }) => (
          <li key={`${username} ${releasedAt ?? ''}`} className="row">
            <div className="row-words">
              <span className="row-title">{username}</span>
              <span className="row-more">
                {releasedAt && `Given up on ${onDay(releasedAt)}`}
                {heldUntil ? ` · kept for you until ${onDay(heldUntil)}` : ' · no longer kept for you'}
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
