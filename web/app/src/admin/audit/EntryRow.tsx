// An entry of the audit log.
import { Link } from '../../ui/Link.js'
import { isSuspicious } from '../../wording/activities.js'
import { describeEntry, describeFacts } from '../../wording/audit-entries.js'
import { describeDevice } from '../../wording/devices.js'
import { Moment, Row } from '../list/Row.js'
import type { Entry } from './entries.js'

interface EntryRowProps {
  entry: Entry
  /** The id of the user whose page shows the entry. The entry does not repeat their name. */
  of?: string
}

export function EntryRow({ entry, of }: EntryRowProps) {
  const { at, accountId, accountName, actor, actorId, actorName, ipAddress, userAgent } = entry
  const isOwn = actor === 'USER' && actorId === accountId
  return (
    <Row
      icon={isSuspicious(entry) ? 'alert' : 'info'}
      title={describeEntry(entry)}
      facts={
        <>
          <Moment at={at} />
          {accountId !== null && accountId !== of && (
            <span>
              {!isOwn && 'Account: '}
              <UserLink id={accountId} name={accountName} />
            </span>
          )}
          {actor === 'USER' && actorId !== null && !isOwn && (
            <span>
              By <UserLink id={actorId} name={actorName} />
            </span>
          )}
          {actor === 'OPERATOR' && <span>By an operator</span>}
          {actor === 'SERVICE' && <span>By the service</span>}
          {actor === 'UNKNOWN' && <span>By someone who did not sign in</span>}
          {describeFacts(entry).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
          {userAgent && <span>{describeDevice(userAgent).name}</span>}
          {ipAddress && <span>{ipAddress}</span>}
        </>
      }
    />
  )
}

const UserLink = ({ id, name }: { id: string; name: string | null }) => (
  <Link to={`/admin/users/${id}`}>{name ?? id}</Link>
)
