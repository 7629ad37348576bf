// Cursors of lists that are sorted by id: the bytes of the id, as text that clients do not take for one.
import { z } from 'zod'

export const cursorOf = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

function idAt(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** A cursor that {@link cursorOf} made, as the id in it. */
export const cursor = z
  .string()
  // 16 bytes in 22 characters. A different spelling of the same bytes is refused.
  .refine((value) => /^[\w-]{22}$/.test(value) && cursorOf(idAt(value)) === value, 'must be a cursor from this list')
  .transform(idAt)
