// The section that says whether a user can sign in, and changes it.
import { Section } from '../../account/Section.js'
import { atMoment } from '../../wording/times.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { disableUser, enableUser, type ManagedAccount, nameOf } from './accounts.js'

interface UserAccessProps {
  account: ManagedAccount
  onChanged: () => void
}

export function UserAccess({ account, onChanged }: UserAccessProps) {
  const { user, status, deletionDueAt, lockedUntil } = account
  const [done, say] = useDone()
  const name = <strong className="breakable">{nameOf(user)}</strong>
  return (
    <Section id="access" title="Access" about={<p>Whether the user can sign in.</p>}>
      <Done done={done} />
      <p>{describeStatus(account)}</p>
      {deletionDueAt && <p>The user has deleted the account. It is erased on {atMoment(deletionDueAt)}.</p>}
      {lockedUntil && <p>Sign-ins with the password are refused until {atMoment(lockedUntil)}: too many failed.</p>}
      {status !== 'DISABLED' && (
        <ConfirmAction
          key={`disable ${done.count}`}
          words="Disable account …"
          title="Disable account"
          consequence={<>All sessions of {name} end, and they can't sign in until the account is enabled again.</>}
          work={async () => {
            await disableUser(user.id)
            say('The account is disabled.')
            onChanged()
          }}
        />
      )}
      {status !== 'ACTIVE' && (
        <ConfirmAction
          key={`enable ${done.count}`}
          words="Enable account …"
          look="plain"
          title="Enable account"
          consequence={
            <>
              {name} can sign in again.{deletionDueAt && ' The account is not erased.'}
            </>
          }
          work={async () => {
            await enableUser(user.id)
            say('The account is enabled.')
            onChanged()
          }}
        />
      )}
    </Section>
  )
}

function describeStatus({ status, disabledAt }: ManagedAccount): string {
  if (status === 'ACTIVE') return 'Active. The user can sign in.'
  const since = disabledAt ? ` since ${atMoment(disabledAt)}` : ''
  return status === 'DISABLED' ? `Disabled${since}.` : `Being deleted. The user can't sign in${since}.`
}
