// A username input that checks while someone types, and offers available names.
import type { useUsername } from '@postern/client/react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { outage } from '../service.js'
import { useStore } from '../state/store.js'
import { Icon } from '../ui/Icon.js'
import { TextInput } from './TextInput.js'
import { describeUsername, type UsernameStatus } from './username-status.js'

interface UsernameFieldProps {
  label: string
  field: ReturnType<typeof useUsername>
  /** Why the last attempt failed. */
  problem?: ReactNode
  onChange?: () => void
  /** Overrides the check, which does not know who is signed in. */
  known?: UsernameStatus | null
}

export function UsernameField({ label, field, problem, onChange, known }: UsernameFieldProps) {
  const { username, setUsername, state, retry } = field
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useRecovery(state, retry)

  const status: UsernameStatus =
    known ?? (problem ? { tone: 'bad', icon: 'alert', words: '' } : describeUsername(state))
  const suggestions = state.status === 'unavailable' && !known ? state.suggestions : []

  function choose(suggestion: string) {
    setUsername(suggestion)
    onChange?.()
    input.current?.focus()
  }

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="control">
        <TextInput
          ref={input}
          id={id}
          name="username"
          value={username}
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          aria-invalid={status.tone === 'bad'}
          aria-describedby={`${id}-status`}
          onValue={(text, isComposing) => {
            setUsername(text, { isComposing })
            onChange?.()
          }}
        />
      </div>
      <div className={`status status-${status.tone}`} id={`${id}-status`} aria-live="polite">
        {status.icon && <Icon name={status.icon} />}
        {/* Read out at every key stroke, it would drown the result. */}
        <span aria-hidden={state.status === 'checking' && !known && !problem}>{problem ?? status.words}</span>
        {suggestions.length > 0 && <span className="unseen">Available names: {suggestions.join(', ')}.</span>}
        {state.status === 'error' && !known && !problem && (
          <button type="button" className="as-link" onClick={retry}>
            Check again
          </button>
        )}
      </div>
      {suggestions.length > 0 && (
        <div className="suggestions" role="group" aria-label="Available names">
          <span aria-hidden>Available:</span>
          {suggestions.map((suggestion) => (
            <button key={suggestion} type="button" onClick={() => choose(suggestion)}>
              {suggestion}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

/** Reports outages that the check ran into, and checks again after each recovery. */
function useRecovery(state: UsernameFieldProps['field']['state'], retry: () => void): void {
  const { recoveries } = useStore(outage)
  const seen = useRef(recoveries)
  useEffect(() => {
    if (state.status === 'available') outage.answered()
    if (state.status !== 'error') return
    outage.notice(state.error)
    if (seen.current !== recoveries) retry()
    seen.current = recoveries
  }, [state, recoveries, retry])
}
