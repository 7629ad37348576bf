// The section with the protected usernames.
import { useState } from 'react'
import { Section } from '../../account/Section.js'
import { ConfirmAction } from '../ConfirmAction.js'
import { Done, useDone } from '../Done.js'
import { PagedList } from '../list/PagedList.js'
import { Row } from '../list/Row.js'
import { usePages } from '../list/use-pages.js'
import { ProtectName } from './ProtectName.js'
import { protectedUsernames, unprotectUsername } from './usernames.js'

export function ProtectedNames() {
  const [version, setVersion] = useState(0)
  const list = usePages(protectedUsernames, version)
  const [done, say] = useDone()
  function changed(words: string) {
    say(words)
    setVersion((count) => count + 1)
  }
  return (
    <Section
      id="protected"
      title="Protected usernames"
      about={<p>No one can claim them or their lookalikes. Who has one already keeps it.</p>}
    >
      <ProtectName onProtected={(name) => changed(`${name} is protected.`)} />
      <Done done={done} />
      <PagedList list={list} label="Protected usernames" empty="No username is protected.">
        {(name) => (
          <Row key={name} icon="key" title={name}>
            <ConfirmAction
              words="Remove …"
              label={`Remove … ${name}`}
              look="plain"
              title={`Remove the protection of ${name}`}
              consequence={
                <>
                  Anyone can claim <strong className="breakable">{name}</strong> and its lookalikes, unless someone has
                  it.
                </>
              }
              work={async () => {
                await unprotectUsername(name)
                changed(`${name} is not protected anymore.`)
              }}
            />
          </Row>
        )}
      </PagedList>
    </Section>
  )
}
