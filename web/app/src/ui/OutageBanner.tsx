// A banner across the page while the service is unavailable.
import { outage } from '../service.js'
import { useStore } from '../state/store.js'
import { Icon } from './Icon.js'

export function OutageBanner() {
  const { status, recoveries } = useStore(outage)
  const isDown = status !== 'up'
  return (
    <div className="outage-place">
      <div className={isDown ? 'outage' : 'unseen'}>
        {isDown && <Icon name="cloud" />}
        {/* Without the button, whose words change with each attempt and would be read out each time. */}
        <span role="status">
          {isDown && 'The service is unavailable. We keep trying; nothing you typed is lost.'}
          {!isDown && recoveries > 0 && 'The service is available again.'}
        </span>
        {isDown && (
          <button type="button" className="button button-quiet" onClick={() => void outage.retry()}>
            {status === 'checking' ? 'Trying …' : 'Try now'}
          </button>
        )}
      </div>
    </div>
  )
}
