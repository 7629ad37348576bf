// Answers whether consents are valid.
import { batchesOf } from '@postern/service/batches'
import { type InvalidReason, invalidReasonOf, isTextOutdated } from '../consents/consent.js'
import type { Purpose } from '../purposes/purpose.js'
import type { FindFacts, StoredFacts } from './consent-facts.js'
import { type DeniedCache, type DeniedReason, pairOf } from './denied-cache.js'

export interface Question {
  readonly userId: string
  readonly purpose: Purpose
  /** Valid only if the consent includes all of them. */
  readonly scopes: readonly string[]
}

export type Answer =
  | { readonly valid: false; readonly reason: InvalidReason }
  | { readonly valid: true; readonly consent: StoredFacts; readonly isTextOutdated: boolean }

export type Tier = 'memory' | 'redis' | 'mysql'

/** One MGET per turn of the event loop. Redis answers in order, so holding a batch back gains nothing. */
const CACHE_BATCHES = { size: 512, inFlight: Infinity }

/** Of one turn of the event loop, so that no question joins a statement that was sent before. */
export const STORE_BATCHES = { size: 512, inFlight: 2 }

export type Validation = ReturnType<typeof createValidation>

/**
 * Redis and this process know only what is not valid; "valid" is always a fresh read of the primary. Questions of one turn share a
 * statement, and none joins a statement that was sent: a question that is asked after the response to a revocation sees it.
 */
export function createValidation({
  findFacts,
  denied,
  onAnswered,
}: {
  findFacts: FindFacts
  denied: Pick<DeniedCache, 'inMemory' | 'find' | 'fill' | 'now'>
  onAnswered: (tier: Tier, reason: InvalidReason | null) => void
}) {
  const findCached = batchesOf((pairs) => denied.find(pairs), CACHE_BATCHES)
  const findStored = batchesOf(async (pairs) => {
    const readAt = denied.now()
    const found = await findFacts(pairs)
    void denied.fill(deniedAmong(pairs, found), readAt)
    return found
  }, STORE_BATCHES)

  function answered(tier: Tier, answer: Answer): Answer {
    onAnswered(tier, answer.valid ? null : answer.reason)
    return answer
  }

  return {
    /** Rejects with SERVICE_UNAVAILABLE if MySQL is unavailable. Returns no promise if this process knows the answer. */
    check(question: Question): Answer | Promise<Answer> {
      const pair = pairOf(question.userId, question.purpose.name)
      const known = denied.inMemory(pair)
      if (known) return answered('memory', invalid(known))
      return findCached(pair).then((cached) => {
        const reason = cached.get(pair)
        if (reason) return answered('redis', invalid(reason))
        return findStored(pair).then((found) => answered('mysql', answerTo(question, found.get(pair))))
      })
    },

    /** In their order, by one read. */
    async checkAll(questions: readonly Question[]): Promise<Answer[]> {
      const pairs = questions.map(({ userId, purpose }) => pairOf(userId, purpose.name))
      const found = await findFacts([...new Set(pairs)])
      return questions.map((question, i) => answered('mysql', answerTo(question, found.get(pairs[i] ?? ''))))
    },
  }
}

const invalid = (reason: InvalidReason): Answer => ({ valid: false, reason })

function answerTo({ purpose, scopes }: Question, consent: StoredFacts | undefined): Answer {
  const reason = invalidReasonOf(consent, purpose, scopes)
  if (reason || !consent) return invalid(reason ?? 'NOT_GIVEN')
  return { valid: true, consent, isTextOutdated: isTextOutdated(consent, purpose) }
}

/** What is not valid whatever was asked, until it is granted. */
function deniedAmong(pairs: readonly string[], found: ReadonlyMap<string, StoredFacts>): Map<string, DeniedReason> {
  const reasons = new Map<string, DeniedReason>()
  for (const pair of pairs) {
    const consent = found.get(pair)
    if (!consent) reasons.set(pair, 'NOT_GIVEN')
    else if (consent.state !== 'GRANTED') reasons.set(pair, consent.state)
    else if (consent.isOver) reasons.set(pair, 'EXPIRED')
  }
  return reasons
}
