// The user's profile, rendered on the server.
import { currentUser } from '../../lib/current-user'
import { CallApi } from './call-api'
import { RefreshSession } from './refresh-session'

export default async function Account() {
  const user = await currentUser()
  if (!user) return <RefreshSession />
  return (
    <>
      <h1>Account</h1>
      <dl>
        <dt>Email address</dt>
        <dd>{user.email}</dd>
        <dt>Username</dt>
        <dd>{user.username}</dd>
      </dl>
      <CallApi />
    </>
  )
}
