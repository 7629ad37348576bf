// Why something could not be loaded, and what to do about it.
import { PosternError } from '@postern/client'
import { isOutage } from '../state/outage.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { sentenceFor } from '../wording/problems.js'

interface LoadProblemProps {
  error: unknown
  /** What to say if it does not exist. */
  missing?: string
}

export function LoadProblem({ error, missing }: LoadProblemProps) {
  // The banner about the outage has the details.
  if (isOutage(error) || !(error instanceof PosternError)) return <p className="hint">Can't load this right now.</p>
  if (error.code === 'NOT_FOUND' && missing !== undefined) return <Notice tone="bad">{missing}</Notice>
  if (error.code !== 'MFA_ENROLLMENT_REQUIRED') return <Notice tone="bad">{sentenceFor(error)}</Notice>
  return (
    <Notice tone="bad">
      Administrators need two-step verification here. <Link to="/account">Set it up in your account</Link>
    </Notice>
  )
}
