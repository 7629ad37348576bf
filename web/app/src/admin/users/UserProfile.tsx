// Who a user is.
import { Section } from '../../account/Section.js'
import { atMoment } from '../../wording/times.js'
import { Facts } from '../Facts.js'
import type { ManagedAccount } from './accounts.js'

export function UserProfile({ account: { user } }: { account: ManagedAccount }) {
  const name = [user.firstName, user.lastName].filter(Boolean).join(' ')
  return (
    <Section id="profile" title="Profile" about={<p>What the service knows about who it is.</p>}>
      <Facts
        facts={{
          'Email address': `${user.email}${user.isEmailVerified ? '' : ' (not verified)'}`,
          Username: user.username ?? 'None',
          ...(name !== '' && { Name: name }),
          Registered: atMoment(user.createdAt),
          'Last sign-in': user.lastLoginAt ? atMoment(user.lastLoginAt) : 'Never',
          Id: <code>{user.id}</code>,
        }}
      />
    </Section>
  )
}
