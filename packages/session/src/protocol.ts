/**
 * The wire protocol of revocations, for programs that read the stream, the channel or the keys in Redis themselves.
 *
 * @packageDocumentation
 */
export * from '@postern/contract/revocations'
