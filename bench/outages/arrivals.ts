// What has arrived at the receivers: the effects of events, by what identifies each of them.

export interface Arrival {
  at: number
  /** What must be the same in each copy. */
  content: string
  /** Who sent it, where that is known. */
  sender: string
}

export interface Arrivals {
  /** The copies of each effect, the earliest first. */
  readonly all: ReadonlyMap<string, readonly Arrival[]>
  add(id: string, arrival: Arrival): void
  /** The ids of the last effects that a sender has caused, of which each is the first copy. */
  lastOf(sender: string, count: number): string[]
}

export function createArrivals(): Arrivals {
  const all = new Map<string, Arrival[]>()
  const bySender = new Map<string, string[]>()
  return {
    all,
    add(id, arrival) {
      const copies = all.get(id)
      if (copies) return void copies.push(arrival)
      all.set(id, [arrival])
      const sent = bySender.get(arrival.sender) ?? []
      bySender.set(arrival.sender, sent)
      sent.push(id)
    },
    lastOf: (sender, count) => (bySender.get(sender) ?? []).slice(-count),
  }
}
