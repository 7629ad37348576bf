// A message about a whole form or page.
import type { ReactNode } from 'react'
import { Icon, type IconName } from './Icon.js'

const icons: Record<'good' | 'bad' | 'plain', IconName> = { good: 'check', bad: 'alert', plain: 'info' }

/** A bad one interrupts a screen reader; the others wait. */
export const Notice = ({ tone, children }: { tone: keyof typeof icons; children: ReactNode }) => (
  <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <Icon name={icons[tone]} />
    <div>{children}</div>
  </div>
)
