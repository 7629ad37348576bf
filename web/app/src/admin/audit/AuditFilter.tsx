// The form that chooses which entries of the audit log to show.
import { type AuditAction, PosternError } from '@postern/client'
import { trimText } from '@postern/contract/text'
import { useState } from 'react'
import { Field } from '../../forms/Field.js'
import { FormError } from '../../forms/FormError.js'
import { useForm } from '../../forms/use-form.js'
import { Button } from '../../ui/Button.js'
import { ACTIONS } from '../../wording/audit-entries.js'
import { PLAIN_TEXT } from '../plain-text.js'
import { searchUsers } from '../users/accounts.js'
import type { EntryFilter } from './entries.js'
import { Select } from './Select.js'

const names = ['user', 'side', 'action'] as const

const sides = [
  ['account', 'What happened to the account'],
  ['actor', 'What the user did'],
] as const

const actions = [['', 'All actions'] as const, ...ACTIONS]

export function AuditFilter({ onFilter }: { onFilter: (filter: EntryFilter) => void }) {
  const [user, setUser] = useState('')
  const form = useForm({
    names,
    check: () => ({}),
    async submit({ user: typed, side, action }) {
      const text = trimText(typed)
      const id = text === '' ? null : await idOf(text)
      onFilter({
        ...(id !== null && (side === 'actor' ? { actorId: id } : { accountId: id })),
        ...(action !== '' && { action: action as AuditAction }),
      })
    },
    fieldOf: { NOT_FOUND: 'user' },
  })

  return (
    <form {...form.element}>
      <FormError error={form.error} />
      <Field
        label="User"
        {...PLAIN_TEXT}
        hint="The whole email address or username, or the id. Leave it empty for all users."
        {...form.field('user', user, setUser)}
      />
      <div className="pair">
        <Select label="Show" name="side" options={sides} />
        <Select label="Action" name="action" options={actions} />
      </div>
      <div className="actions">
        <Button busy={form.busy}>Show entries</Button>
      </div>
    </form>
  )
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The id that the entries have. An erased account has no name anymore, and keeps its entries. */
async function idOf(text: string): Promise<string> {
  if (UUID.test(text)) return text.toLowerCase()
  // An exact match comes first.
  const [found] = await searchUsers(text, 1)
  const wanted = text.toLowerCase()
  if (found && [found.email, found.username].some((name) => name?.toLowerCase() === wanted)) return found.id
  throw new PosternError('NOT_FOUND', { message: 'There is no such user.' })
}
