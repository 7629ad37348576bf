// Classifies errors of Prisma and of the database drivers.
import { ServiceError } from '../errors.js'

/** Prisma's codes for a server that can't be reached or provides no connection or transaction in time. */
const PRISMA_CODES = new Set(['P1000', 'P1001', 'P1002', 'P1008', 'P1010', 'P1017', 'P2024', 'P2028', 'P2037'])

/** Error numbers of the server and the drivers that mean an outage, not a wrong statement. */
const SERVER_CODES = new Set([
  ...[1021, 1040, 1041, 1042, 1043, 1045, 1053, 1077, 1078, 1079, 1080, 1114, 1158, 1159, 1160, 1161, 1203, 1205],
  // Read-only after a failover, above the user's limit, interrupted or killed.
  ...[1226, 1290, 1317, 1792, 1836, 1927, 1969, 3024],
  // The client's: connection lost, and the mariadb driver's own for sockets, pools and closed connections.
  ...[2002, 2003, 2006, 2013, 2055, 45009, 45012, 45013, 45026, 45028, 45029, 45036, 45044],
  // No TLS, or a certificate that is not accepted.
  ...[45023, 45056, 45057, 45059, 45062],
])

const CLIENT_CODES =
  /^(?:ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|PROTOCOL_\w+|HANDSHAKE_\w+|ER_SOCKET_\w+|ER_CONNECTION_\w+|ER_CMD_CONNECTION_CLOSED|ER_GET_CONNECTION_TIMEOUT|POOL_\w+)$/

/** Messages of driver errors without a code. */
const CLIENT_MESSAGES = /pool timeout|socket has unexpectedly been closed|closed state|Pool is closed|ETIMEDOUT/i

interface DriverFailure {
  code?: unknown
  errno?: unknown
  originalCode?: unknown
  message?: unknown
  cause?: unknown
  meta?: { driverAdapterError?: unknown }
}

/** An error and its causes. Prisma attaches the driver's error two levels deep. */
function* chain(error: unknown): Generator<DriverFailure> {
  if (typeof error !== 'object' || error === null) return
  const failure = error as DriverFailure
  yield failure
  yield* chain(failure.cause)
  yield* chain(failure.meta?.driverAdapterError)
}

function isOutage({ code, errno, originalCode, message }: DriverFailure): boolean {
  const codes = [code, errno, originalCode]
  return (
    codes.some((value) => SERVER_CODES.has(Number(value)) || CLIENT_CODES.test(String(value))) ||
    PRISMA_CODES.has(String(code)) ||
    CLIENT_MESSAGES.test(String(message))
  )
}

/** By its name: the class would load Prisma, which is loaded only when it is used. */
const isFailedStartOfPrisma = (error: unknown): boolean =>
  error instanceof Error && error.name === 'PrismaClientInitializationError'

const isOutageOf = (error: unknown): boolean => isFailedStartOfPrisma(error) || [...chain(error)].some(isOutage)

/** The server's variables, its mode or the transaction forbid writes. */
const READ_ONLY_CODES = new Set([1290, 1792, 1836])

/** No connection is left on the server, or for the user. */
const FULL_CODES = new Set([1040, 1203, 1226])

const hasCode = (error: unknown, wanted: ReadonlySet<number>): boolean =>
  [...chain(error)].some(({ code, errno, originalCode }) =>
    [code, errno, originalCode].some((value) => wanted.has(Number(value))),
  )

/** True if the server refused a write because it is read-only. */
export const isReadOnlyRefusal = (error: unknown): boolean => hasCode(error, READ_ONLY_CODES)

/** True if the server responded that it can't take another connection. */
export const isServerFull = (error: unknown): boolean => hasCode(error, FULL_CODES)

/** Deadlocks, and MariaDB's 1020: under REPEATABLE READ with innodb_snapshot_isolation, a row has changed since it was read. */
const CONFLICT_CODES = new Set(['P2034', '1213', 'ER_LOCK_DEADLOCK', '1020', 'ER_CHECKREAD'])

/** Of Prisma, or of mysql2. */
export const isUniqueViolation = (error: unknown): boolean =>
  [...chain(error)].some(
    ({ code, errno, originalCode }) => code === 'P2002' || errno === 1062 || originalCode === '1062',
  )

/** True for a deadlock, or a row that changed since it was read: nothing was written, and a retry may succeed. */
export const isWriteConflict = (error: unknown): boolean =>
  [...chain(error)].some(({ code, errno, originalCode }) =>
    [code, errno, originalCode].map(String).some((value) => CONFLICT_CODES.has(value)),
  )

/** The server answered, and refused only this statement: read-only, out of space, interrupted, or a row was locked. */
const STATEMENT_REFUSALS = new Set([1021, 1114, 1205, 1226, 1290, 1317, 1792, 1836, 1969, 3024])

/** True if the server could not be reached or did not answer. */
export const isUnresponsive = (error: unknown): boolean =>
  !(error instanceof ServiceError) && isOutageOf(error) && !hasCode(error, STATEMENT_REFUSALS)

const TIMEOUT_CODES = /^(?:ETIMEDOUT|P1002|P1008|P2024|P2028|ER_GET_CONNECTION_TIMEOUT|ER_SOCKET_TIMEOUT|45026|45028)$/

/** True if a wait for the server ended without an answer. */
export const isTimeout = (error: unknown): boolean =>
  [...chain(error)].some(
    ({ code, errno, originalCode, message }) =>
      [code, errno, originalCode].some((value) => TIMEOUT_CODES.test(String(value))) ||
      /ETIMEDOUT|pool timeout/.test(String(message)),
  )

const LOST_CODES = /^(?:ECONNRESET|EPIPE|PROTOCOL_CONNECTION_LOST|1053|1927|2006|2013|2055)$/

/** True if the connection was lost. The server may have executed the statement. */
export const isLostConnection = (error: unknown): boolean =>
  [...chain(error)].some(({ code, errno }) => [code, errno].some((value) => LOST_CODES.test(String(value))))

/** SERVICE_UNAVAILABLE because the database did not respond, and nothing else. */
export class DatabaseOutage extends ServiceError {
  constructor(cause: unknown) {
    super('SERVICE_UNAVAILABLE', { cause })
  }
}

/** Turns an outage of the database into SERVICE_UNAVAILABLE. Other errors are unchanged. */
export function asDomainError(error: unknown): unknown {
  if (error instanceof ServiceError) return error
  return isOutageOf(error) ? new DatabaseOutage(error) : error
}
