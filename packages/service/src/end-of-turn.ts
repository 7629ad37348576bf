// Does work at the end of the turn of the event loop, together with everything else that waits for it.

const due: (() => void)[] = []

/** Work that is added by such work is done in the same turn: each further turn would cost a call of the system. */
export function atEndOfTurn(work: () => void): void {
  if (due.push(work) === 1) setImmediate(doAll)
}

function doAll(): void {
  let done = 0
  try {
    for (const work of due) {
      done += 1
      work()
    }
  } finally {
    due.splice(0, done)
    // Only if something was thrown.
    if (due.length > 0) setImmediate(doAll)
  }
}

/** Handles all items of a turn together: between two requests, the processor's caches would be cold each time. */
export function perTurn<Item>(handle: (items: readonly Item[]) => void): (item: Item) => void {
  let items: Item[] = []

  function handleAll(): void {
    const all = items
    items = []
    handle(all)
  }

  return (item) => {
    if (items.push(item) === 1) atEndOfTurn(handleAll)
  }
}
