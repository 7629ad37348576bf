// The section with what the person agreed to: to withdraw it takes as little as to agree.
import {
  type Consent,
  type ConsentExportFormat,
  type ConsentPurpose,
  consentPurposes,
  consents,
  exportConsents,
} from '@postern/client/consents'
import { useRef, useState } from 'react'
import { Section } from '../account/Section.js'
import { FormError } from '../forms/FormError.js'
import { client } from '../service.js'
import { useAction } from '../state/use-action.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { ConsentHistory } from './ConsentHistory.js'
import { ConsentRow } from './ConsentRow.js'
import { saveFile } from './save-file.js'

interface Listed {
  purpose: ConsentPurpose
  consent: Consent | null
}

async function load(): Promise<Listed[]> {
  const [purposes, given] = await Promise.all([consentPurposes(client, navigator.language), consents(client)])
  return purposes.map((purpose) => ({ purpose, consent: given.find(({ purpose: of }) => of === purpose.name) ?? null }))
}

export function Privacy() {
  const { data, failed, reload } = useLoaded(load)
  const [done, setDone] = useState('')
  const [version, setVersion] = useState(0)
  const result = useRef<HTMLParagraphElement>(null)
  const download = useAction(async (format: ConsentExportFormat) => {
    const { fileName, mediaType, content } = await exportConsents(client, format)
    saveFile(fileName, mediaType, content)
  })

  function changed(words: string) {
    setDone(words)
    setVersion((count) => count + 1)
    reload()
    // The focused button is replaced by another one.
    result.current?.focus()
  }

  return (
    <Section
      id="privacy"
      title="Privacy"
      about={
        <p>What you agreed to, and what you can agree to. You can withdraw it at any time, and it counts at once.</p>
      }
    >
      <p className="done" role="status" tabIndex={-1} ref={result}>
        {done}
      </p>
      {!data && (failed ? <p className="hint">Can't load your consents right now.</p> : <Loading />)}
      {data && (
        <ul className="rows rows-boxed" aria-labelledby="privacy-title">
          {data.map(({ purpose, consent }) => (
            <ConsentRow
              key={purpose.name}
              purpose={purpose}
              consent={consent}
              onChanged={changed}
              onOutdated={reload}
            />
          ))}
        </ul>
      )}
      {data && <ConsentHistory purposes={data.map(({ purpose }) => purpose)} version={version} />}
      <FormError error={download.error} />
      {data && (
        <div className="actions">
          <Button busy={download.busy} onClick={() => download.run('JSON')}>
            Download as JSON
          </Button>
          <Button look="quiet" busy={download.busy} onClick={() => download.run('CSV')}>
            Download as CSV
          </Button>
        </div>
      )}
    </Section>
  )
}

const Loading = () => (
  <div className="rows-boxed">
    <LoadingStatus />
    <Skeleton shapes={['row', 'row', 'row']} />
  </div>
)
