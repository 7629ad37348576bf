// The section with the passkeys of the account.
import { addPasskey, passkeys, passkeySupport } from '@postern/client/passkeys'
import { useRef, useState } from 'react'
import { Section } from '../account/Section.js'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { PasskeyRow } from './PasskeyRow.js'

const load = async () => {
  const [{ available }, listed] = await Promise.all([passkeySupport(client), passkeys(client)])
  return { available, listed }
}

/** Loads the passkeys again when `version` changes. */
export function Passkeys({ version }: { version: number }) {
  const { data, failed, reload } = useLoaded(load, version)
  const [done, setDone] = useState('')
  const result = useRef<HTMLParagraphElement>(null)
  const add = useAction(
    async () => {
      setDone('')
      const { name } = await addPasskey(client)
      setDone(`${name} is added. You can sign in with it from now on.`)
      reload()
    },
    ({ code }) => code === 'PASSKEY_CANCELED',
  )

  /** `isGone`: the focused button disappears with its row. */
  function changed(words: string, isGone = false) {
    setDone(words)
    reload()
    if (isGone) result.current?.focus()
  }

  // Without any, and where none can be added, there is nothing to show: so nothing until that is known.
  if (data ? !data.available && data.listed.length === 0 : !failed) return null

  return (
    <Section
      id="passkeys"
      title="Passkeys"
      about={
        <p>Sign in with your fingerprint, your face or the PIN of your device. No one can guess or steal a passkey.</p>
      }
    >
      <p className="done" role="status" tabIndex={-1} ref={result}>
        {done}
      </p>
      {!data && <p className="hint">Can't load your passkeys right now.</p>}
      {data && data.listed.length > 0 && (
        <ul className="rows rows-boxed">
          {data.listed.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onChanged={changed} />
          ))}
        </ul>
      )}
      <FormError error={add.error} />
      {data?.available && (
        <div className="actions">
          <Button busy={add.busy} onClick={add.run}>
            Add a passkey
          </Button>
        </div>
      )}
    </Section>
  )
}
