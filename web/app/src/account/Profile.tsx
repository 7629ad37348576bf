// The section that changes names and telephone number.
import type { User } from '@postern/client'
import { useState } from 'react'
import { Field } from '../forms/Field.js'
import { FormError } from '../forms/FormError.js'
import { useForm } from '../forms/use-form.js'
import { client, session } from '../service.js'
import { Button } from '../ui/Button.js'
import { Section } from './Section.js'

const names = ['firstName', 'lastName', 'phoneNumber'] as const
type Name = (typeof names)[number]

const fields = [
  { name: 'firstName', label: 'First name', autoComplete: 'given-name' },
  { name: 'lastName', label: 'Last name', autoComplete: 'family-name' },
  { name: 'phoneNumber', label: 'Phone number', autoComplete: 'tel', type: 'tel' },
] as const

const valuesOf = (user: User): Record<Name, string> => ({
  firstName: user.firstName ?? '',
  lastName: user.lastName ?? '',
  phoneNumber: user.phoneNumber ?? '',
})

export function Profile({ user }: { user: User }) {
  // Only what was typed here, so that saving does not undo what another tab saved.
  const [edits, setEdits] = useState<Partial<Record<Name, string>>>({})
  const values = { ...valuesOf(user), ...edits }
  const [isSaved, setSaved] = useState(false)
  const form = useForm({
    names,
    check: () => ({}),
    async submit(typed) {
      const changed = names.filter((name) => typed[name] !== valuesOf(user)[name])
      // Null clears a field: the API takes no empty text.
      const changes = Object.fromEntries(changed.map((name) => [name, typed[name].trim() || null]))
      session.changed(await client.updateProfile(changes))
      // Keep what was typed while saving.
      setEdits((now) => Object.fromEntries(Object.entries(now).filter(([name, text]) => text !== typed[name as Name])))
      setSaved(true)
    },
  })

  return (
    <Section id="profile" title="Profile" about={<p>Your name and how to reach you. All of it is optional.</p>}>
      <form {...form.element}>
        <FormError error={form.error} />
        <div className="pair">
          {fields.map(({ name, ...field }) => (
            <Field
              key={name}
              {...field}
              name={name}
              value={values[name]}
              problem={form.problems[name]}
              onValue={(value) => {
                setEdits((now) => ({ ...now, [name]: value }))
                setSaved(false)
                form.changed(name)
              }}
            />
          ))}
        </div>
        <div className="actions">
          <Button busy={form.busy}>Save profile</Button>
          <span className="done" role="status">
            {isSaved && 'Saved.'}
          </span>
        </div>
      </form>
    </Section>
  )
}
