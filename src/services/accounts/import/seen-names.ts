// Remembers which line of a file has which address and username, with a limit on memory.
import { createHash } from 'node:crypto'

/** About 50 MB. Beyond this number, names that repeat are still refused, by the accounts that have them. */
const MAX_SEEN = 1_000_000

/** 53 bits of a hash: the same for two different names about once in 20,000 files of a million lines. */
function keyOf(name: string): number {
  const digest = createHash('sha1').update(name).digest()
  return digest.readUIntBE(0, 6) * 32 + ((digest[6] ?? 0) % 32)
}

/** The names of one batch, which count for others only once they are kept. */
export interface NamesOfBatch {
  add: (name: string, line: number) => void
  /** The line that has the name. `earlier`: also of earlier batches, where two names may be taken for one. */
  lineOf: (name: string, earlier: boolean) => number | undefined
  keep: () => void
}

export function createSeenNames() {
  const lines = new Map<number, number>()

  return {
    inBatch(): NamesOfBatch {
      const own = new Map<string, number>()
      return {
        add: (name, line) => void own.set(name, line),
        lineOf: (name, earlier) => own.get(name) ?? (earlier ? lines.get(keyOf(name)) : undefined),
        keep: () => {
          for (const [name, line] of own) if (lines.size < MAX_SEEN) lines.set(keyOf(name), line)
        },
      }
    },
  }
}
