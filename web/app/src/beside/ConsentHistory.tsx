// What happened to the consents of the person, which loads when they open it.
import { type ConsentEvent, consentHistory, type ConsentPurpose, type ConsentState } from '@postern/client/consents'
import { useCallback, useState } from 'react'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'
import { atMoment, onDay } from '../wording/times.js'

const WORDS: Record<ConsentState, string> = { GRANTED: 'Agreed', REVOKED: 'Withdrawn', EXPIRED: 'Ended' }

/** Loads again when `version` changes. */
export function ConsentHistory({ purposes, version }: { purposes: readonly ConsentPurpose[]; version: number }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>History</summary>
      {isOpen && <Events purposes={purposes} version={version} />}
    </details>
  )
}

function Events({ purposes, version }: { purposes: readonly ConsentPurpose[]; version: number }) {
  const load = useCallback(() => consentHistory(client, { first: 100 }), [])
  const { data, failed } = useLoaded(load, version)
  const titleOf = (name: string) => purposes.find((purpose) => purpose.name === name)?.title ?? name
  if (!data) return <p className="hint">{failed ? "Can't load the history right now." : 'Loading …'}</p>
  if (data.entries.length === 0) return <p className="hint">Nothing has happened yet.</p>
  return (
    <ul className="rows">
      {data.entries.map((event: ConsentEvent) => (
        <li className="row" key={event.sequence}>
          <div className="row-words">
            <span className="row-title">
              {WORDS[event.type]}: {titleOf(event.purpose)}
            </span>
            <span className="row-more facts">
              <time dateTime={event.at} title={atMoment(event.at)}>
                {onDay(event.at)}
              </time>
              <span>Version {event.textVersion} of the text</span>
              {event.ipAddress && <span>{event.ipAddress}</span>}
            </span>
          </div>
        </li>
      ))}
    </ul>
  )
}
