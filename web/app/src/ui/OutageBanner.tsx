import { outage } from '../service.js'
import { useStore } from '../state/store.js'
import { Icon } from './Icon.js'

/** Says that nobody can answer, and is gone as soon as somebody does. */
export function OutageBanner() {
  const { status, times } = useStore(outage)
  return (
    <div role="status" className="outage-place">
      {status !== 'well' && (
        <div className="outage">
          <Icon name="cloud" />
          <span>The service cannot answer just now. We keep trying; nothing you typed is lost.</span>
          <button type="button" className="button button-quiet" onClick={() => void outage.retry()}>
            {status === 'asking' ? 'Trying …' : 'Try now'}
          </button>
        </div>
      )}
      {status === 'well' && times > 0 && <span className="unseen">The service answers again.</span>}
    </div>
  )
}
