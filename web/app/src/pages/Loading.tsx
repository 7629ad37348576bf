// The outline of a page while the service is asked who is signed in.
import { Skeleton } from '../ui/Skeleton.js'
import { Wordmark } from '../ui/Mark.js'

interface LoadingProps {
  kind: 'form' | 'account'
  /** Nothing is shown at first: most answers arrive before an outline would be noticed. */
  isShown: boolean
}

export function Loading({ kind, isShown }: LoadingProps) {
  if (!isShown) return <main aria-busy />
  if (kind === 'form')
    return (
      <div className="entry">
        <main className="entry-main" aria-busy>
          <div className="entry-column">
            <Wordmark />
            <Skeleton shapes={['title', 'line', 'field', 'field', 'button']} />
          </div>
        </main>
      </div>
    )
  return (
    <>
      <header className="bar">
        <Wordmark />
      </header>
      <main className="account" aria-busy>
        <Skeleton shapes={['title', 'line', 'field', 'field', 'field']} />
      </main>
    </>
  )
}
