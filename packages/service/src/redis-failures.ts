// Classifies errors of ioredis.

/** True if Redis did not answer. A ReplyError is an answer: OOM and READONLY refuse only writes, for example. */
export const isRedisUnresponsive = (error: unknown): boolean => error instanceof Error && error.name !== 'ReplyError'

export const isRedisTimeout = (error: unknown): boolean =>
  error instanceof Error && /timed out|timeout|ETIMEDOUT/i.test(error.message)
