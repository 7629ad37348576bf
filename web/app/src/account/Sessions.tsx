// The section with all sessions of the account.
import type { Session } from '@postern/client'
import { useRef, useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { Confirm } from '../ui/Confirm.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { describeDevice } from '../wording/devices.js'
import { Section } from './Section.js'
import { SessionRow } from './SessionRow.js'

const load = () => client.sessions()

/** The current session first, then the service's order: last used first. */
const ordered = (sessions: readonly Session[]) => sessions.toSorted((a, b) => Number(b.current) - Number(a.current))

/** Loads the sessions again when `version` changes. */
export function Sessions({ version }: { version: number }) {
  const { data, failed, reload } = useLoaded(load, version)
  const [done, setDone] = useState('')
  const result = useRef<HTMLParagraphElement>(null)

  const everywhere = useAction(async () => {
    await client.logoutAll()
    session.leave('everywhere')
  })
  function signedOut({ userAgent }: Session) {
    setDone(`${describeDevice(userAgent).name} is signed out.`)
    reload()
    // The focused button disappears with its row.
    result.current?.focus()
  }

  return (
    <Section
      id="sessions"
      title="Sessions"
      about={
        <p>The devices where you are signed in. If you don't recognize one, sign it out, then change your password.</p>
      }
    >
      <p className="done" role="status" tabIndex={-1} ref={result}>
        {done}
      </p>
      {!data && (failed ? <p className="hint">Can't load your sessions right now.</p> : <Loading />)}
      {data && (
        <ul className="rows rows-boxed">
          {ordered(data).map((one) => (
            <SessionRow key={one.id} session={one} onSignedOut={() => signedOut(one)} />
          ))}
        </ul>
      )}
      <FormError error={everywhere.error} />
      <Confirm words="Sign out everywhere …">
        {(cancel) => (
          <div className="confirm" role="group" aria-label="Sign out everywhere" tabIndex={-1}>
            <p>This ends all your sessions, including this one.</p>
            <div className="actions">
              <Button look="danger" busy={everywhere.busy} onClick={everywhere.run}>
                Sign out everywhere
              </Button>
              <Button look="quiet" onClick={cancel}>
                Cancel
              </Button>
            </div>
          </div>
        )}
      </Confirm>
    </Section>
  )
}

const Loading = () => (
  <div className="rows-boxed">
    <LoadingStatus />
    <Skeleton shapes={['row', 'row']} />
  </div>
)
