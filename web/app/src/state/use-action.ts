// Runs something that a person starts, and keeps its error.
import { PosternError } from '@postern/client'
import { useRef, useState } from 'react'
import { outage } from '../service.js'
import { withStepUp } from './step-up.js'

/**
 * While it runs, it can't be started again. Its error is kept to be shown, unless `shown` returns true because it is shown
 * elsewhere. If it needs a recent proof of who the person is, they are asked for it, and it is run once more.
 */
export function useAction<Arguments extends unknown[]>(
  work: (...args: Arguments) => Promise<void>,
  shown?: (error: PosternError) => boolean,
) {
  const running = useRef(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<PosternError | null>(null)

  async function run(...args: Arguments): Promise<void> {
    // A ref: two clicks can come before the first is rendered.
    if (running.current) return
    running.current = true
    setBusy(true)
    setError(null)
    try {
      await withStepUp(() => work(...args))
      outage.answered()
    } catch (thrown) {
      outage.notice(thrown)
      // Anything else is a bug in these pages and belongs in the console.
      if (!(thrown instanceof PosternError)) throw thrown
      if (!shown?.(thrown)) setError(thrown)
    } finally {
      running.current = false
      setBusy(false)
    }
  }

  return { run: (...args: Arguments) => void run(...args), busy, error, clear: () => setError(null) }
}
