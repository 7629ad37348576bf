// The section that changes the role of a user.
import type { User } from '@postern/client'
import { Section } from '../../account/Section.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { nameOf, setUserRole } from './accounts.js'

interface UserRoleSectionProps {
  user: User
  onChanged: () => void
}

export function UserRoleSection({ user, onChanged }: UserRoleSectionProps) {
  const [done, say] = useDone()
  const isAdmin = user.role === 'ADMIN'
  const name = <strong className="breakable">{nameOf(user)}</strong>
  return (
    <Section id="role" title="Role" about={<p>What the user may do. With another role, all their sessions end.</p>}>
      <Done done={done} />
      <p>{isAdmin ? 'Administrator. Can use this console.' : 'User. Can use their own account.'}</p>
      <ConfirmAction
        key={done.count}
        words={isAdmin ? 'Remove administrator role …' : 'Make administrator …'}
        look={isAdmin ? 'danger' : 'plain'}
        title={isAdmin ? 'Remove administrator role' : 'Make administrator'}
        consequence={
          isAdmin ? (
            <>{name} can't use this console anymore. All their sessions end.</>
          ) : (
            <>{name} can see and change every account, and make others administrators. All their sessions end.</>
          )
        }
        work={async () => {
          await setUserRole(user.id, isAdmin ? 'USER' : 'ADMIN')
          say(isAdmin ? 'The user is no longer an administrator.' : 'The user is an administrator now.')
          onChanged()
        }}
      />
    </Section>
  )
}
