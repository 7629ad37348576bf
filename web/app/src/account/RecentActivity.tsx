// The section with what happened to the account, the newest first.
import type { User } from '@postern/client'
import { useCallback, useRef, useState } from 'react'
import { client } from '../service.js'
import { useLoaded } from '../state/use-loaded.js'
import { Button } from '../ui/Button.js'
import { Icon } from '../ui/Icon.js'
import { LoadingStatus, Skeleton } from '../ui/Skeleton.js'
import { type Activity, describeActivity, describeActor, isSuspicious } from '../wording/activities.js'
import { describeDevice } from '../wording/devices.js'
import { ago, atMoment } from '../wording/times.js'
import { Section } from './Section.js'

const ACTIVITY =
  'query($first:Int){myActivity(first:$first){edges{node{id at action result actor actorId facts{name value} ipAddress userAgent}}pageInfo{hasNextPage}}}'

interface Page {
  myActivity: { edges: { node: Activity }[]; pageInfo: { hasNextPage: boolean } }
}

const FEW = 5
/** As many as the service returns at once. */
const MANY = 100

/** Loads again when `version` changes. */
export function RecentActivity({ user, version }: { user: User; version: number }) {
  const [first, setFirst] = useState(FEW)
  const load = useCallback(() => client.request<Page>(ACTIVITY, { first }), [first])
  const { data, failed } = useLoaded(load, version)
  const page = data?.myActivity
  const list = useRef<HTMLUListElement>(null)

  function showMore() {
    setFirst(MANY)
    // The focused button disappears.
    list.current?.focus()
  }

  return (
    <Section
      id="activity"
      title="Recent activity"
      about={<p>What happened to your account. If you don't recognize something, change your password.</p>}
    >
      {!page && (failed ? <p className="hint">Can't load your recent activity right now.</p> : <Loading />)}
      {page && (
        <ul className="rows rows-boxed" aria-labelledby="activity-title" tabIndex={-1} ref={list}>
          {page.edges.map(({ node }) => (
            <ActivityRow key={node.id} activity={node} userId={user.id} />
          ))}
        </ul>
      )}
      {page?.pageInfo.hasNextPage && first < MANY && (
        <div className="actions">
          <Button onClick={showMore}>Show more activity</Button>
        </div>
      )}
    </Section>
  )
}

function ActivityRow({ activity, userId }: { activity: Activity; userId: string }) {
  const { at, ipAddress, userAgent } = activity
  const actor = describeActor(activity, userId)
  return (
    <li className="row">
      <span className="row-icon">
        <Icon name={isSuspicious(activity) ? 'alert' : 'info'} />
      </span>
      <div className="row-words">
        <span className="row-title">{describeActivity(activity)}</span>
        <span className="row-more facts">
          <time dateTime={at} title={atMoment(at)}>
            {ago(at)}
          </time>
          {actor && <span>{actor}</span>}
          {userAgent && <span>{describeDevice(userAgent).name}</span>}
          {ipAddress && <span>{ipAddress}</span>}
        </span>
      </div>
    </li>
  )
}

const Loading = () => (
  <div className="rows-boxed">
    <LoadingStatus />
    <Skeleton shapes={['row', 'row', 'row']} />
  </div>
)
