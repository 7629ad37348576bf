// The buttons of the pages.
import type { ReactNode } from 'react'
import { Icon } from './Icon.js'

interface ButtonProps {
  children: ReactNode
  look?: 'primary' | 'plain' | 'quiet' | 'danger'
  busy?: boolean
  /** Without it, the button submits its form. */
  onClick?: () => void
  /** Replaces the words for screen readers where they don't say enough. Starts with the words. */
  label?: string
}

/** Stays focusable while busy: a disabled button would lose the focus of people who use a keyboard. */
export function Button({ children, look = 'plain', busy = false, onClick, label }: ButtonProps) {
  return (
    <button
      type={onClick ? 'button' : 'submit'}
      className={`button button-${look}`}
      aria-disabled={busy}
      aria-label={label}
      onClick={(event) => {
        if (busy) event.preventDefault()
        else onClick?.()
      }}
    >
      <span className="button-words">{children}</span>
      {busy && <Icon name="spinner" />}
    </button>
  )
}
