// The page with the audit log.
import { useCallback, useState } from 'react'
import { Section } from '../../account/Section.js'
import { PagedList } from '../list/PagedList.js'
import { usePages } from '../list/use-pages.js'
import { PageHead } from '../PageHead.js'
import { AuditFilter } from './AuditFilter.js'
import { entries, type EntryFilter } from './entries.js'
import { EntryRow } from './EntryRow.js'

const PAGE = 25

export function AuditPage() {
  const [filter, setFilter] = useState<EntryFilter>({})
  return (
    <>
      <PageHead title="Audit log" />
      <Section id="entries" title="Entries" about={<p>Who did what to which account, the newest first.</p>}>
        <AuditFilter onFilter={setFilter} />
        {/* With another filter it is another list, which starts with its first page. */}
        <Entries key={JSON.stringify(filter)} filter={filter} />
      </Section>
    </>
  )
}

function Entries({ filter }: { filter: EntryFilter }) {
  const list = usePages(useCallback((after: string | null) => entries(filter, PAGE, after), [filter]))
  return (
    <PagedList list={list} label="Entries" empty="There are no such entries.">
      {(entry) => <EntryRow key={entry.id} entry={entry} />}
    </PagedList>
  )
}
