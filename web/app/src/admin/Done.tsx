// Says what was done, and takes the focus: the button that did it has disappeared.
import { useCallback, useEffect, useRef, useState } from 'react'

export interface DoneState {
  readonly words: string
  /** How many things were done: with another one, a question that is still open can be closed. */
  readonly count: number
}

export function useDone(): [done: DoneState, say: (words: string) => void] {
  const [done, setDone] = useState<DoneState>({ words: '', count: 0 })
  const say = useCallback((words: string) => setDone(({ count }) => ({ words, count: count + 1 })), [])
  return [done, say]
}

export function Done({ done }: { done: DoneState }) {
  const place = useRef<HTMLParagraphElement>(null)
  // Not before it is rendered: it is not there while it is empty.
  useEffect(() => {
    if (done.count > 0) place.current?.focus()
  }, [done])
  return (
    <p className="done" role="status" tabIndex={-1} ref={place}>
      {done.words}
    </p>
  )
}
