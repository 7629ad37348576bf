// Outcomes in a form in which those of different doors are equal: without what is another one for each person and each time.
import type { OperationName, Outcome } from './door.js'

/** A call, what came of it, and the name of its person, which is part of their email address. */
export interface Played {
  operation: OperationName
  outcome: Outcome
  name: string
}

export function comparable({ operation, outcome: { data, refusal }, name }: Played): unknown {
  if (!refusal) return inCommon(ofEveryDoor(operation, data ?? {}), name)
  const { code, message, reason = null, fields, retryAfter = null, details } = refusal
  return {
    ...{ code, message: inCommon(message, name), reason, fields },
    // A second may pass between two steps.
    retryAfter: retryAfter === null ? null : Math.ceil(retryAfter / 60) * 60,
    details: inCommon(details, name),
  }
}

/** What every door has. GraphQL has no operation for other services, and its health check is not an operation. */
function ofEveryDoor(operation: OperationName, data: Record<string, any>): Record<string, any> {
  if (operation === 'healthCheck') return { status: data['status'] }
  if (operation === 'validateToken') return data['valid'] ? { valid: true, userId: data['userId'] } : { valid: false }
  return data
}

const SECRETS = new Set(['token', 'refreshToken', 'deviceToken', 'challenge', 'binding'])

/** A value without what differs from person to person and from time to time. */
export function inCommon(from: unknown, name: string): unknown {
  if (typeof from === 'string') return text(from, name)
  // In the details of gRPC, a list is a text.
  if (Array.isArray(from)) return from.map((item) => text(String(item), name)).join(' ')
  if (typeof from !== 'object' || from === null) return from
  return Object.fromEntries(
    Object.entries(from)
      // GraphQL has null where the other doors leave a field out.
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [key, member(key, item, name)]),
  )
}

function member(key: string, item: unknown, name: string): unknown {
  if (SECRETS.has(key)) return `a ${typeof item} of ${String(item).length} characters`
  // They are random.
  if (key === 'suggestions') return (item as string[]).length
  if (key === 'authorizationUrl') return new URL(String(item)).pathname
  return inCommon(item, name)
}

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

const text = (from: string, name: string): string =>
  TIME.test(from)
    ? '<time>'
    : from
        .replaceAll(new RegExp(name, 'gi'), '<name>')
        .replaceAll(UUID, '<id>')
        // Enums of Protocol Buffers have the name of their type in front.
        .replace(/^(?:USER_ROLE|USERNAME_UNAVAILABLE_REASON|STATUS)_(?=[A-Z])/, '')
