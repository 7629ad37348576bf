// The frame of sign-up, sign-in and the page for unknown addresses.
import type { ReactNode } from 'react'
import { GateScene } from '../ui/GateScene.js'
import { LegalLinks } from '../ui/LegalLinks.js'
import { Wordmark } from '../ui/Mark.js'

/** A form, with a picture beside it where there is space. */
export const Entry = ({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) => (
  <div className="entry">
    <main className="entry-main">
      <div className="entry-column">
        <Wordmark />
        <h1 tabIndex={-1}>{title}</h1>
        <p className="lead">{lead}</p>
        {children}
        <LegalLinks />
      </div>
    </main>
    <GateScene />
  </div>
)
