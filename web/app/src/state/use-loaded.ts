import { useCallback, useEffect, useState } from 'react'
import { outage } from '../service.js'
import { useStore } from './store.js'

/** What a section shows, asked for when it appears, when told to, and after an outage. Keeps what it had meanwhile. */
export function useLoaded<T>(load: () => Promise<T>) {
  const { times } = useStore(outage)
  const [data, setData] = useState<T | null>(null)
  const [failed, setFailed] = useState(false)
  const [round, setRound] = useState(0)

  useEffect(() => {
    let current = true
    load().then(
      (loaded) => {
        if (!current) return
        setData(loaded)
        setFailed(false)
      },
      (error: unknown) => {
        outage.notice(error)
        if (current) setFailed(true)
      },
    )
    return () => {
      current = false
    }
  }, [load, times, round])

  return { data, failed, reload: useCallback(() => setRound((n) => n + 1), []) }
}
