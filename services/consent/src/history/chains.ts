// The history of each user as a chain: everything that changes one holds the lock of its head.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { insertAll, type Statements } from '@postern/service/database/statements'
import { ServiceError } from '@postern/service/errors'
import type { MacKeys } from '@postern/service/mac-keys'
import { commitmentTo, salted } from './commitment.js'
import { type ChainEnd, type Details, type EntryContent, type SaltedDetails, SCHEMA_VERSION } from './entry.js'
import { damagedEntryMac, entryMac, type HeadContent } from './macs.js'
import { emptyHead, genuineness, HEAD_COLUMNS, type HeadRow, sealed, toHead } from './stored-head.js'
import { ENTRY_COLUMNS, entryValues } from './stored-entry.js'
import type { Head } from './verification.js'

/** What a caller says of a new entry. */
export interface NewEntry extends Omit<EntryContent, 'schemaVersion' | 'commitment'> {
  /** Null if there is no person of whom to know anything. */
  readonly details: Details | null
}

/** The history of a user while a transaction holds its lock. */
export interface OpenChain {
  /** False if someone without the key has changed the head. */
  readonly isGenuine: boolean
  readonly head: HeadContent
  /** Returns its place. */
  append(entry: NewEntry): Promise<ChainEnd>
  /** Changes the head, which is written at the end. */
  update(change: Partial<Omit<HeadContent, 'userId' | 'last'>>): void
  /** Deletes the head with the end of the transaction: nothing of the history is left. */
  forget(): void
}

export interface ChainEvents {
  /** Called after a change behind a head that was not genuine. Verifications find it from then on. */
  onDamaged: (userId: string, sequence: number) => void
}

const LOCK = `SELECT ${HEAD_COLUMNS} FROM consent_chains h WHERE h.user_id = ? FOR UPDATE`

/** Of two at once, the second waits for the first, and then changes nothing. */
const CREATE = `INSERT INTO consent_chains (user_id, sequence, last_mac, retired_sequence, retired_mac, erased_through, erased_at,
    key_id, mac) VALUES (?, 0, '', 0, '', 0, NULL, ?, ?) ON DUPLICATE KEY UPDATE user_id = user_id`

const USED_KEY = 'SELECT 1 FROM consent_keys WHERE key_id = ?'

const WRITE = `UPDATE consent_chains SET sequence = ?, last_mac = ?, retired_sequence = ?, retired_mac = ?, erased_through = ?,
    erased_at = ?, key_id = ?, mac = ? WHERE user_id = ? AND sequence = ?`

export type Chains = ReturnType<typeof createChains>

export function createChains(transaction: MysqlTransaction, keys: MacKeys, { onDamaged }: ChainEvents) {
  async function lock(tx: Statements, userId: string, create: boolean): Promise<HeadRow | undefined> {
    const [found] = await tx.select<HeadRow>(LOCK, [userId])
    if (found || !create) return found
    const { keyId, mac } = sealed(keys, emptyHead(userId))
    await tx.write(CREATE, [userId, keyId, mac])
    const [created] = await tx.select<HeadRow>(LOCK, [userId])
    return created
  }

  /** A damaged head that got no entry stays damaged, so that every verification finds it. */
  async function write(tx: Statements, found: Head, head: HeadContent, isGenuine: boolean): Promise<void> {
    const { userId, last, retired, erasedThrough, erasedAt } = head
    const { keyId, mac } = isGenuine ? sealed(keys, head) : found
    const ends = [String(last.sequence), last.mac, String(retired.sequence), retired.mac, String(erasedThrough)]
    const written = await tx.write(WRITE, [...ends, erasedAt, keyId, mac, userId, String(found.last.sequence)])
    // The lock forbids it. If a server lost the lock, a fork is worse than an error.
    if (written !== 1) throw new Error('The head of a history has changed while it was locked.')
  }

  async function insert(tx: Statements, userId: string, entry: EntryContent, end: ChainEnd): Promise<void> {
    await insertAll(tx, 'consent_history', ENTRY_COLUMNS, [entryValues(userId, end, keys.currentId, entry)])
  }

  async function insertDetails(tx: Statements, userId: string, sequence: number, details: SaltedDetails) {
    const columns = ['user_id', 'sequence', 'address', 'user_agent', 'salt']
    const { address, userAgent, salt } = details
    await insertAll(tx, 'consent_details', columns, [[userId, String(sequence), address, userAgent, salt]])
  }

  /** `work` gets null if there is no history and `create` is false. */
  async function within<T>(
    tx: Statements,
    { userId, create }: { userId: string; create: boolean },
    work: (chain: OpenChain | null) => Promise<T>,
  ): Promise<T> {
    const row = await lock(tx, userId, create)
    if (!row) return work(null)
    const found = toHead(row)
    const state = genuineness(keys, found)
    // Another process may have the key: during a rotation, for example. A key that none has ever used is damage, as any other.
    if (state === 'unknown' && (await tx.select(USED_KEY, [found.keyId])).length > 0)
      throw new ServiceError('SERVICE_UNAVAILABLE', { cause: new Error(`There is no key ${found.keyId}.`) })
    let isGenuine = state === 'genuine'
    let head: HeadContent = found
    const end = { isForgotten: false }

    const result = await work({
      isGenuine,
      get head() {
        return head
      },
      async append({ details, ...rest }) {
        const kept = details && salted(details)
        const entry = { ...rest, schemaVersion: SCHEMA_VERSION, commitment: kept && commitmentTo(kept) }
        const macOf = isGenuine ? entryMac : damagedEntryMac
        const mac = macOf(keys, keys.currentId, userId, head.last, entry) ?? ''
        const last = { sequence: head.last.sequence + 1, mac }
        await insert(tx, userId, entry, last)
        if (kept) await insertDetails(tx, userId, last.sequence, kept)
        if (!isGenuine) tx.afterCommit(() => onDamaged(userId, last.sequence))
        // Only the first entry behind the damage is marked: those after it have a genuine one before them.
        isGenuine = true
        head = { ...head, last }
        return last
      },
      update(change) {
        head = { ...head, ...change }
      },
      forget() {
        end.isForgotten = true
      },
    })
    if (end.isForgotten) await tx.write('DELETE FROM consent_chains WHERE user_id = ?', [userId])
    else if (head !== found) await write(tx, found, head, isGenuine)
    return result
  }

  return {
    within,

    /** The same in a transaction of its own. `work` may run again. */
    change: <T>(
      options: { userId: string; create: boolean },
      work: (tx: Statements, chain: OpenChain | null) => Promise<T>,
    ): Promise<T> => transaction((tx) => within(tx, options, (chain) => work(tx, chain))),
  }
}
