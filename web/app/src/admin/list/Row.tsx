// A row of a list: an icon, words, and what can be done.
import type { ReactNode } from 'react'
import { AccountIcon, type AccountIconName } from '../../ui/account-icon-shapes.js'
import { Icon, type IconName } from '../../ui/Icon.js'
import { shapes } from '../../ui/icon-shapes.js'
import { ago, atMoment } from '../../wording/times.js'

interface RowProps {
  icon: IconName | AccountIconName
  title: ReactNode
  /** Each in an element of its own. */
  facts?: ReactNode
  /** Below the facts. */
  more?: ReactNode
  /** Buttons. */
  children?: ReactNode
}

/** Whether it is one of the icons of all pages, not only of the account and the console. */
const isOfAll = (icon: RowProps['icon']): icon is IconName => icon in shapes

export const Row = ({ icon, title, facts, more, children }: RowProps) => (
  <li className="row" tabIndex={-1}>
    <span className="row-icon">{isOfAll(icon) ? <Icon name={icon} /> : <AccountIcon name={icon} />}</span>
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
