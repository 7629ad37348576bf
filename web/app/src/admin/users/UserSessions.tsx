// The section with the sessions of a user.
import { PosternError, type Session } from '@postern/client'
import { Section } from '../../account/Section.js'
import { FormError } from '../../forms/FormError.js'
import { useAction } from '../../state/use-action.js'
import { Button } from '../../ui/Button.js'
import { describeDevice } from '../../wording/devices.js'
import { ago, onDay } from '../../wording/times.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { Moment, Row } from '../list/Row.js'
import { type ManagedAccount, nameOf, revokeUserSession, revokeUserSessions } from './accounts.js'

interface UserSessionsProps {
  account: ManagedAccount
  onChanged: () => void
}

export function UserSessions({ account: { user, sessions }, onChanged }: UserSessionsProps) {
  const [done, say] = useDone()
  return (
    <Section id="sessions" title="Sessions" about={<p>The devices where the user is signed in.</p>}>
      <Done done={done} />
      {sessions.length === 0 && <p className="hint">The user is signed in nowhere.</p>}
      {sessions.length > 0 && (
        <>
          <ul className="rows rows-boxed" aria-label="Sessions">
            {sessions.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                userId={user.id}
                onEnded={() => {
                  say(`The session of ${describeDevice(session.userAgent).name} is ended.`)
                  onChanged()
                }}
              />
            ))}
          </ul>
          <ConfirmAction
            key={done.count}
            words="End all sessions …"
            title="End all sessions"
            consequence={
              <>
                <strong className="breakable">{nameOf(user)}</strong> is signed out on all devices, and can sign in
                again.
              </>
            }
            work={async () => {
              await revokeUserSessions(user.id)
              say('All sessions are ended.')
              onChanged()
            }}
          />
        </>
      )}
    </Section>
  )
}

function SessionRow({ session, userId, onEnded }: { session: Session; userId: string; onEnded: () => void }) {
  const { id, current, userAgent, ipAddress, createdAt, lastUsedAt } = session
  const device = describeDevice(userAgent)
  const end = useAction(async () => {
    await revokeUserSession(userId, id).catch(unlessGone)
    onEnded()
  })
  return (
    <Row
      icon={device.kind}
      title={
        <>
          {device.name} {current && <span className="badge">This device</span>}
        </>
      }
      facts={
        <>
          <Moment at={lastUsedAt} words="Last used" />
          {ipAddress && <span>{ipAddress}</span>}
          <span>Since {onDay(createdAt)}</span>
        </>
      }
      more={<FormError error={end.error} />}
    >
      {!current && (
        <Button busy={end.busy} onClick={end.run} label={`End: ${device.name}, last used ${ago(lastUsedAt)}`}>
          End
        </Button>
      )}
    </Row>
  )
}

/** The user may have ended it already. */
function unlessGone(error: unknown): void {
  if (!(error instanceof PosternError && error.code === 'NOT_FOUND')) throw error
}
