import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from './Button.js'

interface AskingProps {
  /** On the button that comes first. */
  words: string
  look?: 'plain' | 'danger'
  children: (cancel: () => void) => ReactNode
}

/** A button with a question behind it. The focus goes into that, and back to the button when it is called off. */
export function Asking({ words, look = 'plain', children }: AskingProps) {
  const [isAsking, setAsking] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const was = useRef(false)
  useEffect(() => {
    // What was pressed is gone. A question itself before its buttons: a key that is held down should not answer it.
    if (was.current !== isAsking)
      place.current?.querySelector<HTMLElement>('[tabindex="-1"], input:not([hidden]), button')?.focus()
    was.current = isAsking
  }, [isAsking])

  return (
    <div ref={place}>
      {isAsking ? (
        children(() => setAsking(false))
      ) : (
        <div className="actions">
          <Button look={look} onClick={() => setAsking(true)}>
            {words}
          </Button>
        </div>
      )}
    </div>
  )
}
