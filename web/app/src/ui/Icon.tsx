// The icons of the pages.
import type { ReactNode } from 'react'
import { type IconName, shapes } from './icon-shapes.js'

export type { IconName }

export const Icon = ({ name }: { name: IconName }) => <Glyph name={name}>{shapes[name]}</Glyph>

/** Hidden from screen readers: the words beside it say the same. */
export function Glyph({ name, children }: { name: string; children: ReactNode }) {
  return (
    <svg
      className={`icon icon-${name}`}
      aria-hidden
      width="24"
      height="24"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  )
}
