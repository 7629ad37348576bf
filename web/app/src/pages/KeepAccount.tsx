// The page that the mail about a deletion links to. Opening the link does nothing: it takes a click.
import { cancelAccountDeletion } from '@postern/client/data'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { Entry } from './Entry.js'

export function KeepAccount() {
  const { code: token } = useStore(mailLink)
  const [isKept, setKept] = useState(false)
  const keep = useAction(async () => {
    await cancelAccountDeletion(client, token)
    setKept(true)
  })
  if (isKept)
    return (
      <Entry title="Keep your account" lead={<Link to="/sign-in">Sign in</Link>}>
        <Notice tone="good">
          Your account stays. If you did not ask to delete it, or your password does not work,{' '}
          <Link to="/forgot-password">choose a new password</Link>: someone else may know yours.
        </Notice>
      </Entry>
    )
  return (
    <Entry title="Keep your account" lead="It is signed out everywhere, and will be deleted unless you keep it.">
      <FormError error={keep.error} />
      {token === '' ? (
        <Notice tone="bad">Open the link in the mail about the deletion again. It was not complete.</Notice>
      ) : (
        <Button look="primary" busy={keep.busy} onClick={keep.run}>
          Keep my account
        </Button>
      )}
    </Entry>
  )
}
