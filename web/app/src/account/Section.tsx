import type { ReactNode } from 'react'

interface SectionProps {
  /** Where a link such as /account#sessions leads. */
  id: string
  title: string
  about: ReactNode
  children: ReactNode
}

export const Section = ({ id, title, about, children }: SectionProps) => (
  <section className="section" id={id} aria-labelledby={`${id}-title`}>
    <div className="section-head">
      <h2 id={`${id}-title`}>{title}</h2>
      <div className="about">{about}</div>
    </div>
    <div className="section-body">{children}</div>
  </section>
)
