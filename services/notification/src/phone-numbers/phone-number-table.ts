// The tables of phone numbers, and of the codes that prove them.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import type { AddressVault } from '../devices/address-vault.js'

/** What the person is shown of a number. */
const ENDING_DIGITS = 4

interface StoredCode {
  number: string
  codeMac: string
}

export type PhoneNumberTable = ReturnType<typeof createPhoneNumberTable>

export function createPhoneNumberTable({ read, write, vault }: { read: Read; write: Write; vault: AddressVault }) {
  function open(sealed: string, userId: string): string | null {
    const number = vault.open(sealed, userId)
    return typeof number === 'string' ? number : null
  }

  return {
    /** E.164. Null if the person has none, or if it can't be decrypted any more. */
    async find(userId: string): Promise<string | null> {
      const [row] = await read<{ number: string }>('SELECT number FROM phone_numbers WHERE user_id = ?', [userId])
      return row ? open(row.number, userId) : null
    },

    /** The last digits. Null if the person has no number. */
    async ending(userId: string): Promise<string | null> {
      const [row] = await read<{ ending: string }>('SELECT ending FROM phone_numbers WHERE user_id = ?', [userId])
      return row?.ending ?? null
    },

    remove: (userId: string): Promise<number> => write('DELETE FROM phone_numbers WHERE user_id = ?', [userId]),

    /** Only this number: the person can have another one, or have verified another one since. */
    async removeNumber(userId: string, number: string): Promise<void> {
      const [row] = await read<{ number: string }>('SELECT number FROM phone_numbers WHERE user_id = ?', [userId])
      // Sealed anew each time it is saved, so this deletes what was read and nothing else.
      if (row && open(row.number, userId) === number)
        await write('DELETE FROM phone_numbers WHERE user_id = ? AND number = ?', [userId, row.number])
    },

    save: (tx: Statements, userId: string, number: string): Promise<number> =>
      tx.write(
        `INSERT INTO phone_numbers (user_id, number, ending, verified_at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))
        ON DUPLICATE KEY UPDATE number = VALUES(number), ending = VALUES(ending), verified_at = VALUES(verified_at)`,
        [userId, vault.seal(number, userId), number.slice(-ENDING_DIGITS)],
      ),

    async now(tx: Statements): Promise<Date> {
      const [row] = await tx.select<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now', [])
      if (!row) throw new Error('the database has returned no time')
      return row.now
    },

    /** Replaces the code before. */
    putCode: (
      tx: Statements,
      { userId, number, codeMac, expiresAt }: { userId: string; number: string; codeMac: string; expiresAt: Date },
    ): Promise<number> =>
      tx.write(
        `INSERT INTO phone_number_codes (user_id, number, code_mac, guesses, expires_at) VALUES (?, ?, ?, 0, ?)
        ON DUPLICATE KEY UPDATE number = VALUES(number), code_mac = VALUES(code_mac), guesses = 0,
          expires_at = VALUES(expires_at)`,
        [userId, vault.seal(number, userId), codeMac, expiresAt],
      ),

    /** Counts a guess before it is looked at, so that guesses at the same time count too. False: none is left, or it has expired. */
    countGuess: async (userId: string, most: number): Promise<boolean> =>
      (await write(
        `UPDATE phone_number_codes SET guesses = guesses + 1
        WHERE user_id = ? AND guesses < ? AND expires_at > UTC_TIMESTAMP(3)`,
        [userId, most],
      )) > 0,

    async findCode(userId: string): Promise<{ number: string; codeMac: string } | null> {
      const [row] = await read<StoredCode>(
        'SELECT number, code_mac AS codeMac FROM phone_number_codes WHERE user_id = ?',
        [userId],
      )
      const number = row ? open(row.number, userId) : null
      return row && number !== null ? { number, codeMac: row.codeMac } : null
    },

    /** False: another call has used it, or a new code has replaced it. */
    useCode: async (tx: Statements, userId: string, codeMac: string): Promise<boolean> =>
      (await tx.write('DELETE FROM phone_number_codes WHERE user_id = ? AND code_mac = ?', [userId, codeMac])) > 0,

    erase: async (tx: Statements, userId: string): Promise<void> => {
      await tx.write('DELETE FROM phone_numbers WHERE user_id = ?', [userId])
      await tx.write('DELETE FROM phone_number_codes WHERE user_id = ?', [userId])
    },

    /** Removes what has no effect any more. */
    async purge(): Promise<void> {
      await write('DELETE FROM phone_number_codes WHERE expires_at < UTC_TIMESTAMP(3)', [])
      await write('DELETE FROM phone_number_code_counts WHERE period_ends_at < UTC_TIMESTAMP(3)', [])
    },
  }
}
