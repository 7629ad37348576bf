// Compares bearer tokens of operators with the configured one.
import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Compares in constant time: digests have the same length, whatever was sent. */
export const isOperatorToken = (authorization: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(/^Bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim() ?? ''), digest(token))
