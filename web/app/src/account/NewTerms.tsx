// Asks to accept a new version of the terms. Until then, everything works as before.
import { acceptTerms } from '@postern/client/data'
import { brand } from '../branding.js'
import { FormError } from '../forms/FormError.js'
import { usePolicy } from '../forms/use-policy.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Notice } from '../ui/Notice.js'

export function NewTerms() {
  const version = usePolicy()?.termsVersion
  const accept = useAction(async () => {
    if (version == null) return
    await acceptTerms(client, version)
    await session.ask()
  })
  if (version == null || brand.termsUrl === null) return null
  return (
    <Notice tone="plain">
      <p>
        There are new{' '}
        <a href={brand.termsUrl} target="_blank" rel="noreferrer">
          terms of use
        </a>
        . Please read and accept them.
      </p>
      <FormError error={accept.error} />
      <div className="actions">
        <Button look="primary" busy={accept.busy} onClick={accept.run}>
          Accept the new terms
        </Button>
      </div>
    </Notice>
  )
}
