// The id of a request, by which it is found in the log.
import { randomUUID } from 'node:crypto'

/** Keeps the id that a client or a proxy sent if it is harmless in a log line; otherwise makes one. */
export const requestIdOf = (given: unknown): string =>
  typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
