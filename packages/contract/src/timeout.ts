// Limits how long a promise may take.

const LATE = Symbol('late')

/**
 * Resolves as `work` does, or to what `onTimeout` returns once `milliseconds` have passed. Rejects if `work` rejects
 * first or `onTimeout` throws. Does not cancel `work`: a rejection after the timeout is ignored. `ref: false`: the timer does
 * not keep a process of Node.js alive.
 */
export async function withTimeout<Result, Late>(
  work: Promise<Result>,
  milliseconds: number,
  onTimeout: () => Late,
  { ref = true } = {},
): Promise<Result | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), milliseconds)
    if (!ref) timer.unref()
  })
  try {
    const result = await Promise.race([work, late])
    return result === LATE ? onTimeout() : result
  } finally {
    clearTimeout(timer)
  }
}
