// Cursors of notifications. The notification service has pages, whose beginnings only it can read: a cursor is the beginning of a page,
// and how many of its entries come before the position.
import { ServiceError } from '@postern/service/errors'

export interface Position {
  /** Where the page begins. Empty: at the newest. */
  readonly token: string
  /** How many entries of the page come before. */
  readonly skip: number
}

export const BEGINNING: Position = { token: '', skip: 0 }

const FORM = /^(\d{1,3}):(.{0,512})$/

export const cursorAt = ({ token, skip }: Position): string => Buffer.from(`${skip}:${token}`).toString('base64url')

/** Throws INVALID_INPUT for what is no cursor. */
export function positionOf(cursor: string): Position {
  const [, skip, token] = FORM.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (skip !== undefined && token !== undefined) return { token, skip: Number(skip) }
  const message = 'After must be a cursor from this list.'
  throw new ServiceError('INVALID_INPUT', { fields: [{ path: 'after', message, code: 'INVALID_INPUT' }] })
}
