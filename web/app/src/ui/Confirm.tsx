// A button that asks for confirmation before it does anything.
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { Button } from './Button.js'

interface ConfirmProps {
  /** The label of the button that opens the question. */
  words: string
  /** Replaces the words for screen readers where they don't say enough. Starts with the words. */
  label?: string
  look?: 'plain' | 'danger'
  children: (cancel: () => void) => ReactNode
}

/** The focus moves into the question, and back to the button when it is canceled. Escape cancels. */
export function Confirm({ words, label, look = 'plain', children }: ConfirmProps) {
  const [isOpen, setOpen] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const was = useRef(false)
  useEffect(() => {
    // The question rather than its buttons: a key that is still held down must not answer it.
    if (was.current !== isOpen)
      place.current?.querySelector<HTMLElement>('[tabindex="-1"], input:not([hidden]), button')?.focus()
    was.current = isOpen
  }, [isOpen])

  function onKeyDown(event: KeyboardEvent) {
    // While an input method is composing, Escape ends the composition.
    if (event.key === 'Escape' && !event.nativeEvent.isComposing) setOpen(false)
  }

  return (
    <div ref={place} onKeyDown={onKeyDown}>
      {isOpen ? (
        children(() => setOpen(false))
      ) : (
        <div className="actions">
          <Button look={look} onClick={() => setOpen(true)} {...(label !== undefined && { label })}>
            {words}
          </Button>
        </div>
      )}
    </div>
  )
}
