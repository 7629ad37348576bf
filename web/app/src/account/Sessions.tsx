import type { Session } from '@postern/client'
import { useRef, useState } from 'react'
import { FormError } from '../forms/FormError.js'
import { client, session } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Asking } from '../ui/Asking.js'
import { Button } from '../ui/Button.js'
import { describeDevice } from '../wording/devices.js'
import { Section } from './Section.js'
import { SessionRow } from './SessionRow.js'

const load = () => client.sessions()

/** This one first, then as the service orders them: the one used last first. */
const ordered = (sessions: readonly Session[]) => sessions.toSorted((a, b) => Number(b.current) - Number(a.current))

export function Sessions() {
  const { data, failed, reload } = useLoaded(load)
  const [done, setDone] = useState('')
  const result = useRef<HTMLParagraphElement>(null)

  const everywhere = useAction(async () => {
    await client.logoutAll()
    session.leave('everywhere')
  })
  function signedOut({ userAgent }: Session) {
    setDone(`${describeDevice(userAgent).name} is signed out.`)
    reload()
    // The button that had the focus goes with its row.
    result.current?.focus()
  }

  return (
    <Section
      id="sessions"
      title="Sessions"
      about={
        <p>Where you are signed in. If you do not recognise one of these, sign it out and change your password.</p>
      }
    >
      <p className="done" role="status" tabIndex={-1} ref={result}>
        {done}
      </p>
      {!data && <p className="hint">{failed ? 'Your sessions cannot be shown just now.' : 'Loading …'}</p>}
      {data && (
        <ul className="rows rows-boxed">
          {ordered(data).map((one) => (
            <SessionRow key={one.id} session={one} onSignedOut={() => signedOut(one)} />
          ))}
        </ul>
      )}
      <FormError error={everywhere.error} />
      <Asking words="Sign out everywhere …">
        {(cancel) => (
          <div className="confirm" role="group" aria-label="Sign out everywhere" tabIndex={-1}>
            <p>This ends every session, this one included.</p>
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
      </Asking>
    </Section>
  )
}
