// The page that the mail with the data links to. It downloads them for the signed-in user.
import { downloadDataExport } from '@postern/client/data'
import { saveExport } from '../account/save-export.js'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { mailLink } from '../state/mail-link.js'
import { useStore } from '../state/store.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { Entry } from './Entry.js'

export function DataExport() {
  const { code: token } = useStore(mailLink)
  const download = useAction(async () => saveExport(await downloadDataExport(client, token)))
  return (
    <Entry title="Download your data" lead={<Link to="/account">Back to your account</Link>}>
      <FormError error={download.error} />
      {token === '' ? (
        <Notice tone="bad">Open the link in the mail again. It was not complete.</Notice>
      ) : (
        <Button look="primary" busy={download.busy} onClick={download.run}>
          Download
        </Button>
      )}
    </Entry>
  )
}
