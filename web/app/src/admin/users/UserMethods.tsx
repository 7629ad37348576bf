// The section with the ways in which a user can sign in. Only the user can change them.
import { Section } from '../../account/Section.js'
import { onDay } from '../../wording/times.js'
import { Moment, Row } from '../list/Row.js'
import type { ManagedAccount } from './accounts.js'

export function UserMethods({ account: { hasPassword, mfa, passkeys, oauthAccounts } }: { account: ManagedAccount }) {
  return (
    <Section
      id="sign-in-methods"
      title="Sign-in methods"
      about={<p>Only the user can change them. An operator can turn off two-step verification.</p>}
    >
      <ul className="rows rows-boxed" aria-label="Sign-in methods">
        <Row icon="key" title="Password" facts={<span>{hasPassword ? 'Set' : 'None'}</span>} />
        <Row
          icon="phone"
          title="Two-step verification"
          facts={
            <>
              <span>{mfa.isEnabled ? 'On' : 'Off'}</span>
              {mfa.enabledAt && <span>Since {onDay(mfa.enabledAt)}</span>}
              {mfa.isEnabled && <span>{mfa.recoveryCodesLeft} recovery codes left</span>}
            </>
          }
        />
        {passkeys.map(({ id, name, provider, createdAt, lastUsedAt }) => (
          <Row
            key={id}
            icon="key"
            title={`Passkey: ${name}`}
            facts={
              <>
                {provider && provider !== name && <span>{provider}</span>}
                <span>Added {onDay(createdAt)}</span>
                {lastUsedAt && <Moment at={lastUsedAt} words="Last used" />}
              </>
            }
          />
        ))}
        {oauthAccounts.map(({ id, label, email, createdAt, lastUsedAt }) => (
          <Row
            key={id}
            icon="check"
            title={label}
            facts={
              <>
                {email && <span>{email}</span>}
                <span>Since {onDay(createdAt)}</span>
                {lastUsedAt && <Moment at={lastUsedAt} words="Last used" />}
              </>
            }
          />
        ))}
      </ul>
    </Section>
  )
}
