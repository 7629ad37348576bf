// The heading of a page of the console, which is also the title of the document.
import { type ReactNode, useEffect } from 'react'
import { brand } from '../branding.js'

/** `children`: facts about what the page shows. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${brand.name}`
  }, [title])
  return (
    <div className="account-head">
      <h1 className="breakable" tabIndex={-1}>
        {title}
      </h1>
      {children && <div className="lead facts">{children}</div>}
    </div>
  )
}
