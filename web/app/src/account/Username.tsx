// The section that changes the username.
import type { User } from '@postern/client'
import { useUsername } from '@postern/client/react'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { chosenUsernameProblem } from '../forms/rules.js'
import { useForm } from '../forms/use-form.js'
import { usePolicy } from '../forms/use-policy.js'
import { UsernameField } from '../forms/UsernameField.js'
import { client, session } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { PreviousUsernames } from './PreviousUsernames.js'
import { ownUsernameStatus, previousUsernames, renameRules, sentenceForRename } from './rename.js'
import { Section } from './Section.js'

const loadHistory = () => client.usernameHistory()
const names = ['username'] as const

export function Username({ user }: { user: User }) {
  const current = user.username ?? ''
  const policy = usePolicy()
  const { data: history, reload } = useLoaded(loadHistory)
  const usernameField = useUsername(client, { initial: current, own: current })
  const [done, setDone] = useState('')
  const known = ownUsernameStatus(usernameField.username, usernameField.state, current, history ?? [])
  const form = useForm({
    names,
    check({ username }) {
      if (username === current && username !== '') return { username: 'This is already your username.' }
      return { username: known ? undefined : chosenUsernameProblem(username, usernameField.state) }
    },
    async submit({ username }) {
      const updated = await client.updateProfile({ username })
      session.changed(updated)
      setDone(`Your username is now ${updated.username ?? ''}.`)
      reload()
    },
    fieldOf: { USERNAME_TAKEN: 'username', USERNAME_RESERVED: 'username' },
    // Its suggestions are out of date.
    refused: ({ code }) => code === 'USERNAME_TAKEN' && usernameField.retry(),
  })
  const changed = () => {
    setDone('')
    form.changed('username')
  }

  return (
    <Section
      id="username"
      title="Username"
      about={policy && renameRules(policy).map((rule) => <p key={rule}>{rule}</p>)}
    >
      <form {...form.element}>
        <FormError error={form.error} say={sentenceForRename} />
        <UsernameField
          label="Username"
          field={usernameField}
          problem={form.problems.username}
          known={known}
          onChange={changed}
        />
        <div className="actions">
          <Button busy={form.busy}>{current ? 'Change username' : 'Choose username'}</Button>
          <span className="done" role="status">
            {done}
          </span>
        </div>
      </form>
      <PreviousUsernames
        records={previousUsernames(history ?? [], current)}
        onChoose={(username) => {
          usernameField.setUsername(username)
          changed()
          form.ref.current?.querySelector('input')?.focus()
        }}
      />
    </Section>
  )
}
