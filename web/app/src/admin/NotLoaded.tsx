// Stands in for what is not loaded: placeholders while it loads, or why it could not be loaded, and what to do about it.
import { PosternError } from '@postern/client'
import { isOutage } from '../state/outage.js'
import { Link } from '../ui/Link.js'
import { Notice } from '../ui/Notice.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { sentenceFor } from '../wording/problems.js'

interface NotLoadedProps {
  /** Null while it loads. */
  error: unknown
  /** What to say if it does not exist. */
  missing?: string
}

export function NotLoaded({ error, missing }: NotLoadedProps) {
  if (error === null)
    return (
      <div className="rows-boxed">
        <LoadingStatus />
        <Skeleton shapes={['row', 'row', 'row']} />
      </div>
    )
  // The banner says the rest.
  if (isOutage(error) || !(error instanceof PosternError)) return <p className="hint">Can't load this right now.</p>
  if (error.code === 'NOT_FOUND' && missing !== undefined) return <Notice tone="bad">{missing}</Notice>
  if (error.code !== 'MFA_ENROLLMENT_REQUIRED') return <Notice tone="bad">{sentenceFor(error)}</Notice>
  return (
    <Notice tone="bad">
      Administrators need two-step verification here. <Link to="/account">Set it up in your account</Link>
    </Notice>
  )
}
