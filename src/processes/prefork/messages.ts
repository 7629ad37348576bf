import type { Snapshot } from '../../platform/metrics.js'

/** What a process of the group tells the primary. */
export type ToPrimary =
  | { kind: 'ready'; url: string }
  /** Its metrics, as an answer, or as the last thing before it ends. */
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'sum?'; id: number }

/** What the primary tells a process. */
export type ToMember = { kind: 'snapshot?' } | { kind: 'sum'; id: number; text: string }
