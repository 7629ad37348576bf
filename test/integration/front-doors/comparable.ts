// Outcomes in a form in which those of different doors are equal: without what is another one for each person and each time.
import type { Outcome } from './door.js'

/** The values of one run, by what stands for them. */
export type Own = Readonly<Record<string, string>>

const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
/** Tokens, challenges and bindings. */
const SECRET = /^[\w.~+/=:-]{40,}$/

export function comparable({ data, refusal }: Outcome, own: Own): unknown {
  if (!refusal) return value(data, own)
  const { code, message, reason = null, fields, retryAfter = null, details } = refusal
  return {
    ...{ code, message: value(message, own), reason, fields },
    // A second may pass between two steps.
    retryAfter: retryAfter === null ? null : Math.ceil(retryAfter / 60) * 60,
    details: value(details, own),
  }
}

function value(from: unknown, own: Own): unknown {
  if (typeof from === 'string') return text(from, own)
  if (Array.isArray(from)) return from.map((item) => value(item, own))
  if (typeof from !== 'object' || from === null) return from
  return Object.fromEntries(
    Object.entries(from)
      // GraphQL has null where the other doors leave a field out.
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([name, item]) => [name, value(item, own)]),
  )
}

function text(from: string, own: Own): string {
  if (TIME.test(from)) return '<time>'
  const general = Object.entries(own).reduce((so, [name, mine]) => so.replaceAll(mine, `<${name}>`), from)
  if (SECRET.test(general) && !UUID.test(general)) return '<secret>'
  // Enums of protocol buffers have the name of their type in front.
  return general.replaceAll(UUID, '<id>').replace(/^(?:USER_ROLE|USERNAME_UNAVAILABLE_REASON|STATUS)_(?=[A-Z])/, '')
}
