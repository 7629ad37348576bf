// A part of the account page, with a heading that links can lead to.
import { type ReactNode, useEffect, useRef } from 'react'
import { usePlace } from '../routes.js'

interface SectionProps {
  /** The target of a link such as /account#sessions. */
  id: string
  title: string
  about: ReactNode
  children: ReactNode
}

export function Section({ id, title, about, children }: SectionProps) {
  const { hash } = usePlace()
  const heading = useRef<HTMLHeadingElement>(null)
  // The section was not there when the browser looked for it.
  useEffect(() => {
    if (hash !== `#${id}`) return
    heading.current?.scrollIntoView()
    heading.current?.focus({ preventScroll: true })
  }, [hash, id])

  return (
    <section className="section" id={id} aria-labelledby={`${id}-title`}>
      <div className="section-head">
        <h2 id={`${id}-title`} tabIndex={-1} ref={heading}>
          {title}
        </h2>
        <div className="about">{about}</div>
      </div>
      <div className="section-body">{children}</div>
    </section>
  )
}
