// Runs something once for all who ask for it within a short time.

export interface Gathering {
  ask: () => void
  /** What was asked for does not run. */
  cancel: () => void
}

export function createGathering(milliseconds: number, run: () => void): Gathering {
  let timer: NodeJS.Timeout | null = null
  return {
    ask() {
      timer ??= setTimeout(() => {
        timer = null
        run()
      }, milliseconds)
    },
    cancel() {
      if (timer) clearTimeout(timer)
      timer = null
    },
  }
}
