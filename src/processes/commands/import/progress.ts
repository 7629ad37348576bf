// Shows how far an import is: on one line of a terminal, elsewhere as a line every ten seconds.

const TERMINAL_INTERVAL_MS = 200
const LOG_INTERVAL_MS = 10_000

export interface Counts {
  line: number
  imported: number
  skipped: number
  refused: number
}

const number = (value: number) => value.toLocaleString('en')

const textOf = ({ line, imported, skipped, refused }: Counts) =>
  [
    `line ${number(line)}: ${number(imported)} imported`,
    ...(skipped > 0 ? [`${number(skipped)} skipped`] : []),
    ...(refused > 0 ? [`${number(refused)} refused`] : []),
  ].join(', ')

/** `write` and `isTerminal` are those of stderr. `monotonic` returns milliseconds. */
export function createProgressLine({
  write,
  isTerminal,
  monotonic = () => performance.now(),
}: {
  write: (text: string) => unknown
  isTerminal: boolean
  monotonic?: () => number
}) {
  const interval = isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS
  let shownAt = monotonic()
  let isShown = false

  function clear(): void {
    if (isShown) write('\r\u001b[K')
    isShown = false
  }

  return {
    /** Prints a line of its own. */
    print: (text: string): void => {
      clear()
      write(`${text}\n`)
    },

    show(counts: Counts): void {
      if (monotonic() - shownAt < interval) return
      shownAt = monotonic()
      clear()
      write(isTerminal ? textOf(counts) : `${textOf(counts)}\n`)
      isShown = isTerminal
    },

    clear,
  }
}
