// Limits how long a promise may take.

/** Settles as `work` does or, if that takes longer than `ms` milliseconds, as `onTimeout` does. */
export function withTimeout<T>(work: Promise<T>, ms: number, onTimeout: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))).then(onTimeout)
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}
