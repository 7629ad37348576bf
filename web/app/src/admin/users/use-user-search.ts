// Searches while someone types.
import type { User } from '@postern/client'
import { trimText } from '@postern/contract/text'
import { useEffect, useState } from 'react'
import { outage } from '../../service.js'
import { useStore } from '../../state/store.js'
import { MOST_FOUND, searchUsers } from './accounts.js'

/** After the last key. */
const PAUSE_MS = 200

interface Found {
  readonly text: string
  readonly users: readonly User[]
}

export interface UserSearchState {
  /** Those of the last answer, also while the next one is awaited. Null before the first one, and without a text. */
  readonly users: readonly User[] | null
  /** Whether they belong to the text. */
  readonly isCurrent: boolean
  readonly error: unknown
}

/** Aborts what is no longer awaited, so an answer that comes late never replaces a later one. */
export function useUserSearch(text: string): UserSearchState {
  const { recoveries } = useStore(outage)
  const wanted = trimText(text)
  const [found, setFound] = useState<Found | null>(null)
  const [error, setError] = useState<unknown>(null)

  useEffect(() => {
    setError(null)
    if (wanted === '') return
    const stop = new AbortController()
    const timer = setTimeout(() => {
      searchUsers(wanted, MOST_FOUND, stop.signal).then(
        (users) => {
          if (!stop.signal.aborted) setFound({ text: wanted, users })
        },
        (failure: unknown) => {
          if (stop.signal.aborted) return
          outage.notice(failure)
          setError(failure)
        },
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [wanted, recoveries])

  return { users: wanted === '' ? null : (found?.users ?? null), isCurrent: found?.text === wanted, error }
}
