// The section with the ways to sign in: the accounts at providers that are linked, and those that can be.
import type { User } from '@postern/client'
import { beginOAuthLink, type OAuthAccount, type OAuthProvider, unlinkOAuth } from '@postern/client/oauth'
import { useRef, useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { ProviderError } from '../forms/ProviderButtons.js'
import { useProviders } from '../forms/use-providers.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Icon } from '../ui/Icon.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { onDay } from '../wording/times.js'
import { Section } from './Section.js'
import { useLinked } from './use-linked.js'

export function SignInMethods({ user, version }: { user: User; version: number }) {
  const { data: linked, failed, reload } = useLinked(version)
  const providers = useProviders()
  const [done, setDone] = useState('')
  const result = useRef<HTMLParagraphElement>(null)
  // Without providers there is nothing to show, unless one was configured before.
  if (providers.length === 0 && !linked?.length) return null

  function removed({ label }: OAuthAccount) {
    setDone(`${label} is removed.`)
    reload()
    // The focused button disappears with its row.
    result.current?.focus()
  }
  const others = providers.filter(({ name }) => !linked?.some(({ provider }) => provider === name))

  return (
    <Section
      id="sign-in-methods"
      title="Sign-in methods"
      about={<p>Accounts elsewhere with which you can sign in. Remove one that you don't use any more.</p>}
    >
      <ProviderError />
      <p className="done" role="status" tabIndex={-1} ref={result}>
        {done}
      </p>
      {failed && !linked && <p className="hint">Can't load your sign-in methods right now.</p>}
      {linked && linked.length > 0 && (
        <ul className="rows rows-boxed">
          {linked.map((account) => (
            <LinkedRow key={account.id} account={account} onRemoved={() => removed(account)} />
          ))}
        </ul>
      )}
      {linked && others.length > 0 && <Others user={user} providers={others} />}
    </Section>
  )
}

function LinkedRow({ account, onRemoved }: { account: OAuthAccount; onRemoved: () => void }) {
  const { id, label, email, createdAt } = account
  const remove = useAction(async () => {
    await unlinkOAuth(client, id)
    onRemoved()
  })
  return (
    <li className="row">
      <span className="row-icon">
        <Icon name="check" />
      </span>
      <div className="row-words">
        <span className="row-title">{label}</span>
        <span className="row-more facts">
          {email && <span>{email}</span>}
          <span>Since {onDay(createdAt)}</span>
        </span>
        <FormError error={remove.error} />
      </div>
      <Button busy={remove.busy} onClick={remove.run} label={`Remove ${label}`}>
        Remove
      </Button>
    </li>
  )
}

function Others({ user, providers }: { user: User; providers: readonly OAuthProvider[] }) {
  const link = useAction(async (name: string) => {
    window.location.assign(await beginOAuthLink(client, name, '/account#sign-in-methods'))
  })
  // An address that is not verified may be another person's, who could not remove what was linked.
  if (!user.isEmailVerified)
    return (
      <Notice tone="plain">
        <Link to="/verify-email">Verify your email address</Link> to add another way to sign in.
      </Notice>
    )
  return (
    <>
      <FormError error={link.error} />
      <div className="actions">
        {providers.map(({ name, label }) => (
          <Button key={name} busy={link.busy} onClick={() => link.run(name)}>
            Add {label}
          </Button>
        ))}
      </div>
    </>
  )
}
