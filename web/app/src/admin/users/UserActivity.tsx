// The section with what happened to the account of a user.
import type { User } from '@postern/client'
import { useCallback } from 'react'
import { Section } from '../../account/Section.js'
import { entries } from '../audit/entries.js'
import { EntryRow } from '../audit/EntryRow.js'
import { PagedList } from '../list/PagedList.js'
import { usePages } from '../list/use-pages.js'

const PAGE = 10

export function UserActivity({ user: { id }, version }: { user: User; version: number }) {
  const load = useCallback((after: string | null) => entries({ accountId: id }, PAGE, after), [id])
  const list = usePages(load, version)
  return (
    <Section id="activity" title="Recent activity" about={<p>What happened to the account, the newest first.</p>}>
      <PagedList list={list} label="Recent activity" empty="Nothing has happened yet.">
        {(entry) => <EntryRow key={entry.id} entry={entry} of={id} />}
      </PagedList>
    </Section>
  )
}
