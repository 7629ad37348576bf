// One purpose: its text, whether the person has agreed to it, and the other choice.
import { PosternError } from '@postern/client'
import { type Consent, type ConsentPurpose, grantConsent, revokeConsent } from '@postern/client/consents'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Icon } from '../ui/Icon.js'
import { atMoment, onDay } from '../wording/times.js'

interface ConsentRowProps {
  purpose: ConsentPurpose
  /** Null if the person has never agreed. */
  consent: Consent | null
  onChanged: (words: string) => void
  /** The text has changed since it was loaded. */
  onOutdated: () => void
}

export function ConsentRow({ purpose, consent, onChanged, onOutdated }: ConsentRowProps) {
  const { name, title, text, textVersion, language } = purpose
  const isValid = consent?.valid ?? false
  const grant = useAction(async () => {
    try {
      await grantConsent(client, { purpose: name, textVersion, language })
    } catch (error) {
      if (error instanceof PosternError && error.code === 'CONSENT_TEXT_OUTDATED') onOutdated()
      throw error
    }
    onChanged(`You agreed: ${title}.`)
  })
  const revoke = useAction(async () => {
    await revokeConsent(client, name)
    onChanged(`Withdrawn: ${title}.`)
  })

  return (
    <li className="row">
      <span className="row-icon">
        <Icon name={isValid ? 'check' : 'info'} />
      </span>
      <div className="row-words">
        <span className="row-title">{title}</span>
        <span className="hint">{text}</span>
        <span className="row-more facts">
          <State consent={consent} />
        </span>
        <FormError error={grant.error ?? revoke.error} />
      </div>
      {isValid ? (
        <Button busy={revoke.busy} onClick={revoke.run} label={`Withdraw: ${title}`}>
          Withdraw
        </Button>
      ) : (
        <Button busy={grant.busy} onClick={grant.run} label={`Agree: ${title}`}>
          Agree
        </Button>
      )}
    </li>
  )
}

function State({ consent }: { consent: Consent | null }) {
  if (!consent) return <span>Not agreed</span>
  const { state, valid, textVersion, textOutdated, grantedAt, expiresAt, revokedAt } = consent
  if (state === 'REVOKED') return <Day words="Withdrawn on" at={revokedAt ?? grantedAt} />
  if (state === 'EXPIRED') return <Day words="Ended on" at={expiresAt} />
  return (
    <>
      <Day words="Agreed on" at={grantedAt} />
      <span>Version {textVersion} of the text</span>
      {valid ? <Day words="Until" at={expiresAt} /> : <span>The text has changed</span>}
      {valid && textOutdated && <span>There is a newer version</span>}
    </>
  )
}

const Day = ({ words, at }: { words: string; at: string }) => (
  <time dateTime={at} title={atMoment(at)}>
    {words} {onDay(at)}
  </time>
)
