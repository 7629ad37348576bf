// The page that finds users.
import type { User } from '@postern/client'
import { useEffect, useRef } from 'react'
import { Field } from '../../forms/Field.js'
import { Link } from '../../ui/Link.js'
import { onDay } from '../../wording/times.js'
import { Moment, Row } from '../list/Row.js'
import { NotLoaded } from '../NotLoaded.js'
import { PageHead } from '../PageHead.js'
import { PLAIN_TEXT } from '../plain-text.js'
import { MOST_FOUND } from './accounts.js'
import { useUserSearch, type UserSearchState } from './use-user-search.js'

interface UserSearchProps {
  text: string
  onText: (text: string) => void
}

export function UserSearch({ text, onText }: UserSearchProps) {
  const search = useUserSearch(text)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus({ preventScroll: true }), [])

  return (
    <>
      <PageHead title="Users" />
      <form role="search" onSubmit={(event) => event.preventDefault()}>
        <Field
          label="Email address, username or id"
          name="text"
          type="search"
          {...PLAIN_TEXT}
          maxLength={254}
          hint="The beginning of an address or username is enough."
          ref={input}
          value={text}
          onValue={onText}
        />
      </form>
      <p className="hint" role="status">
        {describeResult(search)}
      </p>
      {search.error !== null && <NotLoaded error={search.error} />}
      {search.users && search.users.length > 0 && (
        <ul className="rows rows-boxed" aria-label="Users found" aria-busy={!search.isCurrent}>
          {search.users.map((user) => (
            <UserRow key={user.id} user={user} />
          ))}
        </ul>
      )}
    </>
  )
}

function describeResult({ users, isCurrent, error }: UserSearchState): string {
  if (!users || !isCurrent || error !== null) return ''
  if (users.length === 0) return 'No user found.'
  if (users.length === MOST_FOUND) return `The first ${MOST_FOUND} users. Type more to find others.`
  return users.length === 1 ? '1 user found.' : `${users.length} users found.`
}

const UserRow = ({ user }: { user: User }) => (
  <Row
    icon="person"
    title={
      <>
        <Link to={`/admin/users/${user.id}`}>{user.email}</Link>
        {user.role === 'ADMIN' && <span className="badge">Administrator</span>}
        {user.disabledAt && <span className="badge badge-bad">Disabled</span>}
      </>
    }
    facts={
      <>
        {user.username && <span>{user.username}</span>}
        {!user.isEmailVerified && <span>Address not verified</span>}
        <span>Since {onDay(user.createdAt)}</span>
        {user.lastLoginAt ? <Moment at={user.lastLoginAt} words="Signed in" /> : <span>Never signed in</span>}
      </>
    }
  />
)
