// The page that a mail to a new address links to. Opening the link does nothing: it takes a click.
import { ConfirmEmail } from '../account/ConfirmEmail.js'
import { navigate } from '../routes.js'
import { forgetLink, mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { Link } from '../ui/Link.js'
import { Entry } from './Entry.js'

export function ChangeEmail() {
  const { code } = useStore(mailLink)
  return (
    <Entry
      title="Confirm your new email address"
      lead={
        <>
          From then on, you sign in with it. <Link to="/account">Back to your account</Link>
        </>
      }
    >
      <ConfirmEmail
        key={code}
        code={code}
        onDone={() => {
          forgetLink()
          navigate('/account#email', { replace: true })
        }}
      />
    </Entry>
  )
}
