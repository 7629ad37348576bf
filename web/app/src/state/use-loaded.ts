// Loads the data of a section, and again after an outage.
import { useCallback, useEffect, useState } from 'react'
import { outage } from '../service.js'
import { useStore } from './store.js'

/** Loads when the section appears, when `version` changes, on `reload`, and after an outage. Keeps the old data until the new arrives. */
export function useLoaded<T>(load: () => Promise<T>, version = 0) {
  const { recoveries } = useStore(outage)
  const [data, setData] = useState<T | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [round, setRound] = useState(0)

  useEffect(() => {
    let current = true
    load().then(
      (loaded) => {
        if (!current) return
        setData(loaded)
        setError(null)
      },
      (failure: unknown) => {
        outage.notice(failure)
        if (current) setError(failure)
      },
    )
    return () => {
      current = false
    }
  }, [load, version, recoveries, round])

  return { data, error, failed: error !== null, reload: useCallback(() => setRound((n) => n + 1), []) }
}
