import type { ReactNode } from 'react'
import { Icon } from './Icon.js'

interface ButtonProps {
  children: ReactNode
  look?: 'primary' | 'plain' | 'quiet' | 'danger'
  busy?: boolean
  /** Submits the form it stands in when there is none. */
  onClick?: () => void
  /** Where the words on it do not say enough by themselves. */
  label?: string
}

/** Stays focusable while it works: a button that is switched off loses the place of who uses a keyboard. */
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
