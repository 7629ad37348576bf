import { useDeferredValue, useEffect, useMemo, useState } from 'react'
import { type Judge, loadJudge } from './password-strength.js'

const words = ['Very easy to guess', 'Easy to guess', 'Could be stronger', 'Strong', 'Very strong'] as const

/** How hard a password is to guess, with the advice that helps most. Advice only: the service decides. */
export function StrengthMeter({ password, own }: { password: string; own: readonly string[] }) {
  const [judge, setJudge] = useState<Judge | null>(null)
  const deferred = useDeferredValue(password)
  const begun = password !== ''

  useEffect(() => {
    // Without the dictionaries there is no meter, and everything else works.
    if (begun && !judge)
      loadJudge().then(
        (loaded) => setJudge(() => loaded),
        () => undefined,
      )
  }, [begun, judge])

  const ownWords = own.join('\n')
  const strength = useMemo(
    () => (judge && deferred !== '' ? judge(deferred, ownWords.split(/[\n@.]/).filter(Boolean)) : null),
    [judge, deferred, ownWords],
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
