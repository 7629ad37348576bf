// Repeats a call once if that can't do anything twice: the RPC is idempotent, and nothing of the call was sent.
import { setTimeout as pause } from 'node:timers/promises'
import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { isUnsent } from '@postern/service/grpc/outages'
import type { RetryBudget } from './retry-budget.js'
import type { CallOptions } from '@postern/service/grpc/call-options'
import type { Upstream } from '@postern/service/grpc/upstream'

/** Longer than grpc-js waits before it connects again, and random, so that repeated calls do not come together. */
const SHORTEST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 400

/** `over-budget`: a call that was not repeated, because too many others were. */
export type RetryEvent = 'repeated' | 'over-budget'
export const RETRY_EVENTS: readonly RetryEvent[] = ['repeated', 'over-budget']

interface Options {
  budget: RetryBudget
  onEvent: (event: RetryEvent) => void
  random?: () => number
}

const isIdempotent = ({ idempotency }: DescMethod): boolean =>
  idempotency === Idempotency.NO_SIDE_EFFECTS || idempotency === Idempotency.IDEMPOTENT

export function withRetries(upstream: Upstream, { budget, onEvent, random = Math.random }: Options): Upstream {
  /** False if the caller no longer waits, or would not wait for the response. */
  async function isWorthwhile({ deadline, signal }: CallOptions): Promise<boolean> {
    const pauseMs = SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS)
    if (deadline.getTime() - Date.now() < 2 * pauseMs) return false
    return pause(pauseMs, true, { signal }).catch(() => false)
  }

  async function repeating<T>(method: DescMethod, options: CallOptions, send: () => Promise<T>): Promise<T> {
    budget.earn()
    try {
      return await send()
    } catch (error) {
      if (!isIdempotent(method) || !isUnsent(error)) throw error
      if (!budget.spend()) {
        onEvent('over-budget')
        throw error
      }
      if (!(await isWorthwhile(options))) throw error
      onEvent('repeated')
      return send()
    }
  }

  return {
    ...upstream,
    call: (method, request, metadata, options) =>
      repeating(method, options, () => upstream.call(method, request, metadata, options)),
    open: (method, request, metadata, options) =>
      repeating(method, options, () => upstream.open(method, request, metadata, options)),
  }
}
