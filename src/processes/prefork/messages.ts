// The messages between the primary and the processes of a prefork group.
import type { Snapshot } from '../../platform/metric-snapshots.js'

/** From a process of the group to the primary. */
export type ToPrimary =
  | { kind: 'ready'; url: string }
  /** Its metrics: a reply, or its last message before it ends. */
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'sum?'; id: number }
  /** It is responding. */
  | { kind: 'alive' }

/** From the primary to a process. */
export type ToMember =
  | { kind: 'snapshot?' }
  | { kind: 'alive?' }
  | { kind: 'sum'; id: number; text: string }
  /** The group will end: be ready no more. */
  | { kind: 'retire' }
