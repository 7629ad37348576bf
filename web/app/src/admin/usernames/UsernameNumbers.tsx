// The section with the statistics of usernames.
import { Section } from '../../account/Section.js'
import { useLoaded } from '../../state/use-loaded.js'
import { atMoment } from '../../wording/times.js'
import { Facts } from '../Facts.js'
import { NotLoaded } from '../NotLoaded.js'
import { usernameStatistics } from './usernames.js'

const tiers: Readonly<Record<string, string>> = {
  RULES: 'Rules, without a look-up',
  MEMORY: 'Cache of a process',
  REDIS: 'Cache in Redis',
  MYSQL: 'Database',
}

const number = new Intl.NumberFormat('en')
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })

export function UsernameNumbers() {
  const { data, error } = useLoaded(usernameStatistics)
  return (
    <Section id="numbers" title="Statistics" about={<p>How checks of usernames were answered, over all processes.</p>}>
      {!data && <NotLoaded error={error} />}
      {data && (
        <>
          <Facts
            facts={{
              'Owned by accounts': number.format(data.owned),
              'Held for their last owners': number.format(data.held),
              Checks: `${number.format(data.checks)} since ${atMoment(data.since)}`,
            }}
          />
          <Table
            caption="Which tier answered"
            columns={['Tier', 'Share']}
            rows={data.tiers.map(({ tier, share }) => [tiers[tier] ?? tier, percent.format(share)])}
          />
          {data.mostRefused.length > 0 && (
            <Table
              caption="Refused most often"
              columns={['Username', 'Times']}
              rows={data.mostRefused.map(({ username, times }) => [username, number.format(times)])}
            />
          )}
        </>
      )}
    </Section>
  )
}

interface TableProps {
  caption: string
  columns: readonly [string, string]
  rows: readonly (readonly [string, string])[]
}

const Table = ({ caption, columns, rows }: TableProps) => (
  <table className="console-table">
    <caption>{caption}</caption>
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(([name, value]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{value}</td>
        </tr>
      ))}
    </tbody>
  </table>
)
