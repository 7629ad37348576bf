// Says what was done, and takes the focus: the button that did it has disappeared.
import { useCallback, useEffect, useRef, useState } from 'react'

export interface DoneState {
  readonly words: string
  /** How many actions were done. When it changes, an open confirmation can be closed. */
  readonly count: number
}

export function useDone(): [done: DoneState, say: (words: string) => void] {
  const [done, setDone] = useState<DoneState>({ words: '', count: 0 })
  const say = useCallback((words: string) => setDone(({ count }) => ({ words, count: count + 1 })), [])
  return [done, say]
}

export function Done({ done }: { done: DoneState }) {
  const place = useRef<HTMLParagraphElement>(null)
  // In an effect: while the element is empty, it is hidden and can't be focused.
  useEffect(() => {
    if (done.count > 0) place.current?.focus()
  }, [done])
  return (
    <p className="done" role="status" tabIndex={-1} ref={place}>
      {done.words}
    </p>
  )
}
