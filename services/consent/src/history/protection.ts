// Triggers that refuse to change the history. They stop mistakes and programs, not someone who may drop them: for those, there is the
// chain.
import type { Connection } from '@postern/service/database/mysql'
import type { Logger } from '@postern/service/logger'

const refuse = (text: string) => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${text}'`

/** The retention first moves the anchor in the head, in the same transaction. */
const TRIGGERS = [
  `CREATE TRIGGER IF NOT EXISTS consent_history_no_update BEFORE UPDATE ON consent_history FOR EACH ROW
   ${refuse('consent_history is only appended to')}`,
  `CREATE TRIGGER IF NOT EXISTS consent_history_no_delete BEFORE DELETE ON consent_history FOR EACH ROW
   IF NOT EXISTS (SELECT 1 FROM consent_chains
     WHERE user_id = OLD.user_id AND retired_sequence >= OLD.sequence) THEN
     ${refuse('an entry of consent_history is deleted only behind its anchor')};
   END IF`,
]

/**
 * Some servers let only administrators create triggers. The service works without them, and an operator can create them:
 * docs/consent.md.
 */
export async function protectHistory(
  open: () => Promise<{ connection: Connection }>,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const { connection } = await open()
  try {
    for (const trigger of TRIGGERS) await connection.query(trigger)
  } catch (error) {
    logger.warn(
      { err: error },
      'the triggers that protect the history of consents can not be created: see docs/consent.md',
    )
  } finally {
    await connection.end()
  }
}
