/**
 * The wire protocol of revocations, for programs that read the stream, the channel or the keys in Redis themselves.
 *
 * @packageDocumentation
 */
export * from '@postern/contract/revocations'

// The names that earlier versions exported.
export { RETENTION_MARGIN_SECONDS as RETENTION_MARGIN } from '@postern/contract/revocations'
export type { StreamEntry as LogEntry } from '@postern/contract/revocations'
