// The section that turns two-step verification on and off.
import {
  disableMfa,
  type MfaEnrollment,
  type MfaState,
  mfaState,
  replaceRecoveryCodes,
  startMfaEnrollment,
} from '@postern/client/mfa'
import { useEffect, useState } from 'react'
import { Section } from '../account/Section.js'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { Confirm } from '../ui/Confirm.js'
import { LoadingStatus } from '../ui/Skeleton.js'
import { Enroll } from './Enroll.js'
import { RecoveryCodes } from './RecoveryCodes.js'

const load = () => mfaState(client)

interface TwoStepProps {
  /** Loads the state again when it changes. */
  version: number
  /** Called when the second factor is changed, which ends all other sessions. */
  onChanged: () => void
  /** Called with the state when it is loaded. */
  onState: (state: MfaState) => void
}

export function TwoStep({ version, onChanged, onState }: TwoStepProps) {
  const { data, failed, reload } = useLoaded(load, version)
  useEffect(() => {
    if (data) onState(data)
    // Only when there is another state.
  }, [data])
  const [enrollment, setEnrollment] = useState<MfaEnrollment | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [done, setDone] = useState('')
  const start = useAction(async () => setEnrollment(await startMfaEnrollment(client)))
  const replace = useAction(async () => setCodes(await replaceRecoveryCodes(client)))
  const disable = useAction(async () => {
    await disableMfa(client)
    finish('Two-step verification is off.')
  })

  function finish(words: string): void {
    setEnrollment(null)
    setCodes(null)
    setDone(words)
    reload()
    onChanged()
  }

  return (
    <Section
      id="two-step"
      title="Two-step verification"
      about={
        <p>Signing in then also needs a code of an app on your phone. Changing it signs out all your other devices.</p>
      }
    >
      <span className="done" role="status">
        {done}
      </span>
      {!data && (failed ? <p className="hint">Can't load this right now.</p> : <LoadingStatus />)}
      <FormError error={start.error ?? replace.error ?? disable.error} />
      {data && codes && <RecoveryCodes codes={codes} onDone={() => finish('Recovery codes stored.')} />}
      {data && enrollment && !codes && (
        <Enroll enrollment={enrollment} onEnabled={setCodes} onCancel={() => setEnrollment(null)} />
      )}
      {data && !enrollment && !codes && (
        <>
          <p>
            {data.isEnabled
              ? `On, with ${data.recoveryCodesLeft} recovery codes left.`
              : data.isRequired
                ? 'Off. Your role requires it: until it is on, you can do nothing else.'
                : 'Off.'}
          </p>
          <div className="actions">
            <Button busy={start.busy} onClick={start.run}>
              {data.isEnabled ? 'Use another app' : 'Set up'}
            </Button>
            {data.isEnabled && (
              <Button busy={replace.busy} onClick={replace.run}>
                New recovery codes
              </Button>
            )}
          </div>
          {data.isEnabled && !data.isRequired && (
            <Confirm words="Turn off …" look="danger">
              {(cancel) => (
                <div className="confirm" role="group" aria-label="Turn off two-step verification" tabIndex={-1}>
                  <p>Your password alone will be enough to sign in.</p>
                  <div className="actions">
                    <Button look="danger" busy={disable.busy} onClick={disable.run}>
                      Turn off
                    </Button>
                    <Button look="quiet" onClick={cancel}>
                      Cancel
                    </Button>
                  </div>
                </div>
              )}
            </Confirm>
          )}
        </>
      )}
    </Section>
  )
}
