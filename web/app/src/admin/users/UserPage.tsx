// The page of one user.
import { useCallback, useState } from 'react'
import { useLoaded } from '../../state/use-loaded.js'
import { NotLoaded } from '../NotLoaded.js'
import { PageHead } from '../PageHead.js'
import { managedAccount, nameOf } from './accounts.js'
import { UserAccess } from './UserAccess.js'
import { UserActivity } from './UserActivity.js'
import { UserMethods } from './UserMethods.js'
import { UserNames } from './UserNames.js'
import { UserProfile } from './UserProfile.js'
import { UserRoleSection } from './UserRoleSection.js'
import { UserSessions } from './UserSessions.js'

export function UserPage({ userId }: { userId: string }) {
  const [version, setVersion] = useState(0)
  const { data: account, error } = useLoaded(
    useCallback(() => managedAccount(userId), [userId]),
    version,
  )
  const changed = () => setVersion((count) => count + 1)

  if (!account)
    return (
      <>
        <PageHead title="User" />
        <NotLoaded error={error} missing="There is no user with this id. The account may have been erased." />
      </>
    )
  return (
    <>
      <PageHead title={nameOf(account.user)} />
      <UserProfile account={account} />
      <UserAccess account={account} onChanged={changed} />
      <UserRoleSection user={account.user} onChanged={changed} />
      <UserSessions account={account} onChanged={changed} />
      <UserMethods account={account} />
      <UserNames user={account.user} onChanged={changed} />
      <UserActivity user={account.user} version={version} />
    </>
  )
}
