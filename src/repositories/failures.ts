import { AuthError } from '../errors.js'
import { Prisma } from '../generated/prisma/client.js'

/** Prisma's codes for a server that cannot be reached, is gone, or gives no connection or transaction in time. */
const UNAVAILABLE = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'])

/** What the drivers and the server say when a connection, rather than a statement, has failed. */
const CONNECTION_LOST =
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|PROTOCOL_|ER_SERVER_SHUTDOWN|ER_CONNECTION_KILLED|socket|pool timeout|closed state|Can't add new command|Too many connections|08S01|08000|1053|1927|1040/i

const messages = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const { code, errno, sqlState } = error as { code?: unknown; errno?: unknown; sqlState?: unknown }
  return [error.name, error.message, code, errno, sqlState, error.cause && messages(error.cause)].join(' ')
}

export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'

/** A deadlock or a lock wait that timed out: nothing was written and the same work may succeed when done again. */
export const isWriteConflict = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2034'
    ? true
    : /Deadlock found|Lock wait timeout/i.test(messages(error))

/** Turns a database that is away into SERVICE_UNAVAILABLE; every other error passes as it is. */
export function asDomainError(error: unknown): unknown {
  if (error instanceof AuthError) return error
  const known = error instanceof Prisma.PrismaClientKnownRequestError && UNAVAILABLE.has(error.code)
  const lost = error instanceof Prisma.PrismaClientInitializationError || CONNECTION_LOST.test(messages(error))
  return known || lost ? new AuthError('SERVICE_UNAVAILABLE', { cause: error }) : error
}
