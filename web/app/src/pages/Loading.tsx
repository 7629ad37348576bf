// The outline of a page while the signed-in user is loading.
import { Wordmark } from '../ui/Mark.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'

interface LoadingProps {
  kind: 'form' | 'account'
  /** Nothing is shown at first: most answers arrive before an outline would be noticed. */
  isShown: boolean
}

export function Loading({ kind, isShown }: LoadingProps) {
  if (!isShown) return <main aria-busy />
  return kind === 'form' ? <FormOutline /> : <AccountOutline />
}

const FormOutline = () => (
  <div className="entry">
    <main className="entry-main" aria-busy>
      <div className="entry-column">
        <Wordmark />
        <LoadingStatus />
        <Skeleton shapes={['title', 'line', 'field', 'field', 'button']} />
      </div>
    </main>
  </div>
)

const AccountOutline = () => (
  <>
    <header className="bar">
      <Wordmark />
    </header>
    <main className="account" aria-busy>
      <LoadingStatus />
      <div className="account-head">
        <Skeleton shapes={['title', 'line']} />
      </div>
      <div className="section">
        <Skeleton shapes={['line', 'line']} />
        <Skeleton shapes={['field', 'field']} />
      </div>
      <div className="section">
        <Skeleton shapes={['line', 'line']} />
        <Skeleton shapes={['field']} />
      </div>
    </main>
  </>
)
