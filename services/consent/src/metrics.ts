// The metrics of consents.
import type { MetricRegistry } from '@postern/service/metric-registry'
import type { InvalidReason } from './consents/consent.js'
import type { Tier } from './validation/validation.js'

export interface ConsentMetrics {
  readonly onAnswered: (tier: Tier, reason: InvalidReason | null) => void
  readonly onDamaged: () => void
}

export function createConsentMetrics({ counter }: Pick<MetricRegistry, 'counter'>): ConsentMetrics {
  const answers = counter('postern_consent_validations_total', 'Answers whether a consent is valid.', [
    'tier',
    'result',
  ])
  const damaged = counter(
    'postern_consent_damaged_histories_total',
    'Changes behind a head that was not genuine: someone else has written to the database.',
    [],
  )
  damaged.inc(0)
  return {
    onAnswered: (tier, reason) => answers.inc({ tier, result: reason ?? 'VALID' }),
    onDamaged: () => damaged.inc(),
  }
}
