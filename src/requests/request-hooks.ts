// The hooks that only this service has: the limit of an address, and the metrics of both doors.
import type { RequestHook } from '@postern/service/requests/hooks'
import type { Metrics } from '../platform/metrics.js'
import { type AddressLimits, tooManyCalls } from '../services/limits/index.js'

/** Refuses a request with more calls than its address may make now. */
export const limitAddresses = (limits: AddressLimits): RequestHook => ({
  before({ address, calls }) {
    const waitMs = limits.count(address, calls)
    if (waitMs > 0) throw tooManyCalls(waitMs)
  },
})

/** `by`: what answered a request to /graphql: the plan of a known document (hot), or Apollo Server. */
export const measureRequests = (metrics: Metrics): RequestHook => ({
  answered({ route, operation: rootFields, errors }, { status, milliseconds, by }) {
    if (typeof status === 'string') return metrics.observeCall(route, status, milliseconds / 1000)
    metrics.observeRequest(route, status, milliseconds / 1000)
    if (by === undefined) return
    metrics.countOperation(by === 'hot' ? 'hot' : 'apollo')
    metrics.observeOperation(rootFields, milliseconds / 1000, errors[0]?.code)
    for (const { operation, code } of errors) metrics.countError(operation, code)
  },
})
