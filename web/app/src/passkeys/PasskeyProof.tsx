// A passkey in the place of a password or a code, for someone who confirms who they are.
import { passkeys, passkeySupport, reauthenticateWithPasskey } from '@postern/client/passkeys'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'

/** Whether this page can use them, and the account has one. */
const load = async () => (await passkeySupport(client)).available && (await passkeys(client)).length > 0

export function PasskeyProof({ onProved }: { onProved: () => void }) {
  const isPossible = useLoaded(load).data
  const prove = useAction(
    async () => {
      await reauthenticateWithPasskey(client)
      onProved()
    },
    ({ code }) => code === 'PASSKEY_CANCELED',
  )
  if (!isPossible) return null
  return (
    <div className="passkey">
      <FormError error={prove.error} />
      <Button busy={prove.busy} onClick={prove.run}>
        Use a passkey
      </Button>
    </div>
  )
}
