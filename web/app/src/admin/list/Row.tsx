// A row of a list: an icon, words, and what can be done.
import type { ReactNode } from 'react'
import { Icon, type IconName } from '../../ui/Icon.js'
import { ago, atMoment } from '../../wording/times.js'

interface RowProps {
  icon: IconName
  title: ReactNode
  /** Each in an element of its own. */
  facts?: ReactNode
  /** Below the facts. */
  more?: ReactNode
  /** Buttons. */
  children?: ReactNode
}

export const Row = ({ icon, title, facts, more, children }: RowProps) => (
  <li className="row" tabIndex={-1}>
    <span className="row-icon">
      <Icon name={icon} />
    </span>
    <div className="row-words">
      <span className="row-title">{title}</span>
      {facts && <span className="row-more facts">{facts}</span>}
      {more}
    </div>
    {children}
  </li>
)

/** Such as "Last used 3 hours ago", with the exact time for a pointer. */
export const Moment = ({ at, words = '' }: { at: string; words?: string }) => (
  <time dateTime={at} title={atMoment(at)}>
    {words} {ago(at)}
  </time>
)
