// Shows how hard a new password is to guess.
import { useDeferredValue, useEffect, useMemo, useState } from 'react'
import { loadStrengthCheck, type StrengthCheck } from './password-strength.js'

const words = ['Very easy to guess', 'Easy to guess', 'Could be stronger', 'Strong', 'Very strong'] as const

/** With the most useful advice. Only advice: the service decides. */
export function StrengthMeter({ password, own }: { password: string; own: readonly string[] }) {
  const [check, setCheck] = useState<StrengthCheck | null>(null)
  const deferred = useDeferredValue(password)
  const begun = password !== ''

  useEffect(() => {
    // Without its dictionaries there is no meter; the form works without it.
    if (begun && !check)
      loadStrengthCheck().then(
        (loaded) => setCheck(() => loaded),
        () => undefined,
      )
  }, [begun, check])

  const ownWords = own.join('\n')
  const strength = useMemo(
    () => (check && deferred !== '' ? check(deferred, ownWords.split(/[\n@.]/).filter(Boolean)) : null),
    [check, deferred, ownWords],
  )
  if (!strength) return null

  const { score, feedback } = strength
  const advice = feedback.warning ?? feedback.suggestions[0]
  return (
    <div className={`strength strength-${score}`}>
      <div className="strength-bars" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} className={bar <= score || bar === 1 ? 'full' : ''} />
        ))}
      </div>
      <p role="status">
        <strong>{words[score]}.</strong> {score < 3 && advice}
      </p>
    </div>
  )
}
