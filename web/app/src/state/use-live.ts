// Follows the account while someone looks at the page.
import { follow } from '@postern/client/live'
import { useEffect, useState } from 'react'
import { client } from '../service.js'

/** Several things that happen at once are loaded once. */
const GATHERING_MS = 150

/**
 * Rises when something has happened to the account, wherever, and when the stream opens: what the page has loaded until then can
 * be older. Without the stream it never does, and the page works as it did before. Hidden pages follow nothing: browsers open few
 * connections to a host, and each page uses one.
 */
export function useLive(): number {
  const [version, setVersion] = useState(0)

  useEffect(() => {
    let stop: (() => void) | null = null
    let timer: ReturnType<typeof setTimeout> | undefined

    function changed(): void {
      clearTimeout(timer)
      timer = setTimeout(() => setVersion((count) => count + 1), GATHERING_MS)
    }
    function update(): void {
      const isVisible = document.visibilityState === 'visible'
      if (!isVisible) stop?.()
      stop = isVisible ? (stop ?? follow(client, { onActivity: changed, onOpen: changed })) : null
    }

    update()
    document.addEventListener('visibilitychange', update)
    return () => {
      document.removeEventListener('visibilitychange', update)
      clearTimeout(timer)
      stop?.()
    }
  }, [])

  return version
}
