// The form of a kept response in Redis: when it was made, and the encoded message.

export interface Entry {
  /** In Unix milliseconds, by the clock of the gateway that has stored it. */
  readonly storedAt: number
  readonly message: Uint8Array
}

const TIME_BYTES = 8

export function writeEntry({ storedAt, message }: Entry): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + message.byteLength)
  bytes.writeDoubleBE(storedAt)
  bytes.set(message, TIME_BYTES)
  return bytes
}

/** Null if it is no entry. */
export function readEntry(bytes: Buffer | null): Entry | null {
  if (bytes === null || bytes.byteLength < TIME_BYTES) return null
  const storedAt = bytes.readDoubleBE()
  return Number.isFinite(storedAt) ? { storedAt, message: bytes.subarray(TIME_BYTES) } : null
}
