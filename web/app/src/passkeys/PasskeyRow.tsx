// One passkey in the list, which can get another name or be removed.
import { PosternError } from '@postern/client'
import { type Passkey, removePasskey, renamePasskey } from '@postern/client/passkeys'
import { useState } from 'react'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { useFirstField } from '../forms/use-first-field.js'
import { useForm } from '../forms/use-form.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { Button } from '../ui/Button.js'
import { AccountIcon } from '../ui/account-icon-shapes.js'
import { ago, atMoment, onDay } from '../wording/times.js'

interface PasskeyRowProps {
  passkey: Passkey
  onChanged: (words: string, isGone?: boolean) => void
}

export function PasskeyRow({ passkey, onChanged }: PasskeyRowProps) {
  const { name, provider, isSynced, createdAt, lastUsedAt } = passkey
  const [open, setOpen] = useState<'name' | 'removal' | null>(null)
  return (
    <li className="row">
      <span className="row-icon">
        <AccountIcon name="key" />
      </span>
      <div className="row-words">
        <span className="row-title">
          {name} {isSynced && <span className="badge">Synced</span>}
        </span>
        <span className="row-more facts">
          {provider && provider !== name && <span>{provider}</span>}
          <span>Added {onDay(createdAt)}</span>
          {lastUsedAt && (
            <time dateTime={lastUsedAt} title={atMoment(lastUsedAt)}>
              Last used {ago(lastUsedAt)}
            </time>
          )}
        </span>
        {open === 'name' && (
          <Rename
            passkey={passkey}
            onDone={(words) => {
              setOpen(null)
              onChanged(words)
            }}
            onCancel={() => setOpen(null)}
          />
        )}
        {open === 'removal' && (
          <Remove passkey={passkey} onDone={(words) => onChanged(words, true)} onCancel={() => setOpen(null)} />
        )}
      </div>
      {open === null && (
        <>
          <Button look="quiet" onClick={() => setOpen('name')} label={`Rename: ${name}`}>
            Rename
          </Button>
          <Button onClick={() => setOpen('removal')} label={`Remove: ${name}`}>
            Remove
          </Button>
        </>
      )}
    </li>
  )
}

interface ChangeProps {
  passkey: Passkey
  onDone: (words: string) => void
  onCancel: () => void
}

function Rename({ passkey, onDone, onCancel }: ChangeProps) {
  const [name, setName] = useState(passkey.name)
  const form = useForm({
    names: ['name'],
    check: (values) => ({ name: values.name.trim() === '' ? 'Enter a name.' : undefined }),
    async submit(values) {
      const renamed = await renamePasskey(client, { id: passkey.id, name: values.name })
      onDone(`The passkey is now ${renamed.name}.`)
    },
  })
  useFirstField(form.ref)
  return (
    <form {...form.element}>
      <FormError error={form.error} />
      <Field label="Name of the passkey" autoComplete="off" maxLength={64} {...form.field('name', name, setName)} />
      <div className="actions">
        <Button busy={form.busy}>Save name</Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

function Remove({ passkey, onDone, onCancel }: ChangeProps) {
  const remove = useAction(async () => {
    await removePasskey(client, passkey).catch(unlessGone)
    onDone(`${passkey.name} is removed.`)
  })
  return (
    <div className="confirm" role="group" aria-label={`Remove ${passkey.name}`}>
      <FormError error={remove.error} />
      <p>It can't sign in to your account anymore. Devices that are signed in stay signed in.</p>
      <div className="actions">
        <Button look="danger" busy={remove.busy} onClick={remove.run}>
          Remove passkey
        </Button>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}

/** Another page may have removed it already. */
function unlessGone(error: unknown): void {
  if (!(error instanceof PosternError && error.code === 'NOT_FOUND')) throw error
}
