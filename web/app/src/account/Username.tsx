import type { User } from '@postern/client'
import { useUsername } from '@postern/client/react'
import { useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { useForm } from '../forms/use-form.js'
import { usePolicy } from '../forms/use-policy.js'
import { UsernameField } from '../forms/UsernameField.js'
import { client, session } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { NamesHad } from './NamesHad.js'
import { namesHad, ownNameStatus, renameRules, sentenceForRename } from './rename.js'
import { Section } from './Section.js'

const loadHistory = () => client.usernameHistory()
const names = ['username'] as const

export function Username({ user }: { user: User }) {
  const current = user.username ?? ''
  const policy = usePolicy()
  const { data: history, reload } = useLoaded(loadHistory)
  const name = useUsername(client, { initial: current, own: current })
  const [done, setDone] = useState('')
  const known = ownNameStatus(name.username, name.state, current, history ?? [])
  const form = useForm({
    names,
    check() {
      if (name.username === '') return { username: 'Choose a username.' }
      if (name.username === current) return { username: 'This is your username already.' }
      return { username: name.state.status === 'unavailable' && !known ? name.state.message : undefined }
    },
    async submit() {
      const updated = await client.updateProfile({ username: name.username })
      session.changed(updated)
      setDone(`You are now ${updated.username ?? ''}.`)
      reload()
    },
    explain({ code, message }) {
      if (code === 'USERNAME_TAKEN') name.retry()
      return { username: code === 'USERNAME_TAKEN' || code === 'USERNAME_RESERVED' ? message : undefined }
    },
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
      <form ref={form.ref} onSubmit={form.onSubmit} noValidate>
        <FormError error={form.error} say={sentenceForRename} />
        <UsernameField label="Username" name={name} problem={form.problems.username} known={known} onChange={changed} />
        <div className="actions">
          <Button busy={form.busy}>{current ? 'Change username' : 'Choose username'}</Button>
          <span className="done" role="status">
            {done}
          </span>
        </div>
      </form>
      <NamesHad
        records={namesHad(history ?? [], current)}
        onChoose={(username) => {
          name.setUsername(username)
          changed()
          form.ref.current?.querySelector('input')?.focus()
        }}
      />
    </Section>
  )
}
