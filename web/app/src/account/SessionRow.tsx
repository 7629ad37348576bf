// One session in the list, with a button that ends it.
import { PosternError, type Session } from '@postern/client'
import { FormError } from '../forms/FormError.js'
import { client, session as ownSession } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { AccountIcon } from '../ui/account-icon-shapes.js'
import { describeDevice } from '../wording/devices.js'
import { ago, atMoment, onDay } from '../wording/times.js'

interface SessionRowProps {
  session: Session
  onSignedOut: () => void
}

export function SessionRow({ session, onSignedOut }: SessionRowProps) {
  const { id, current, userAgent, ipAddress, createdAt, lastUsedAt } = session
  const device = describeDevice(userAgent)
  const used = current ? 'Active now' : `Last used ${ago(lastUsedAt)}`
  const end = useAction(async () => {
    if (current) {
      await client.logout()
      ownSession.leave('signed-out')
    } else {
      await client.revokeSession(id).catch(unlessGone)
      onSignedOut()
    }
  })

  return (
    <li className="row">
      <span className="row-icon">
        <AccountIcon name={device.kind} />
      </span>
      <div className="row-words">
        <span className="row-title" title={userAgent ?? undefined}>
          {device.name} {current && <span className="badge">This device</span>}
        </span>
        <span className="row-more facts">
          <time dateTime={lastUsedAt} title={atMoment(lastUsedAt)}>
            {used}
          </time>
          {ipAddress && <span>{ipAddress}</span>}
          <span>Since {onDay(createdAt)}</span>
        </span>
        <FormError error={end.error} />
      </div>
      <Button
        busy={end.busy}
        onClick={end.run}
        label={`Sign out: ${current ? 'this device' : `${device.name}, ${used.toLowerCase()}`}`}
      >
        Sign out
      </Button>
    </li>
  )
}

/** Another device may have ended it already. */
function unlessGone(error: unknown): void {
  if (!(error instanceof PosternError && error.code === 'NOT_FOUND')) throw error
}
