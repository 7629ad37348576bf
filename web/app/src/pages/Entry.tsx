import type { ReactNode } from 'react'
import { GateScene } from '../ui/GateScene.js'
import { Wordmark } from '../ui/Mark.js'

/** What sign-up and sign-in have in common: a form, and beside it, where there is room, the wall with the gate in it. */
export const Entry = ({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) => (
  <div className="entry">
    <main className="entry-main">
      <div className="entry-column">
        <Wordmark />
        <h1 tabIndex={-1}>{title}</h1>
        <p className="lead">{lead}</p>
        {children}
      </div>
    </main>
    <GateScene />
  </div>
)
