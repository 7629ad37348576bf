import { outage } from '../service.js'
import { useStore } from '../state/store.js'
import { Icon } from './Icon.js'

/** Says that nobody can answer, and is gone as soon as somebody does. */
export function OutageBanner() {
  const { status, times } = useStore(outage)
  const isAway = status !== 'well'
  return (
    <div className="outage-place">
      <div className={isAway ? 'outage' : 'unseen'}>
        {isAway && <Icon name="cloud" />}
        {/* Without the button: each attempt would have all of it read out again. */}
        <span role="status">
          {isAway && 'The service cannot answer just now. We keep trying; nothing you typed is lost.'}
          {!isAway && times > 0 && 'The service answers again.'}
        </span>
        {isAway && (
          <button type="button" className="button button-quiet" onClick={() => void outage.retry()}>
            {status === 'asking' ? 'Trying …' : 'Try now'}
          </button>
        )}
      </div>
    </div>
  )
}
