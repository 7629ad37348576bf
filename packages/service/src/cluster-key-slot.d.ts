// Types for cluster-key-slot, which has none.
declare module 'cluster-key-slot' {
  /** The slot of a cluster, 0 to 16383, that a key belongs to. */
  export default function calculateSlot(key: string): number
}
