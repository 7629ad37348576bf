// A deployment with as many people as one likes, made by MariaDB itself.
import type { Pool } from 'mysql2/promise'

/** Ids, names and addresses all sort as they count, so that the indexes grow at their ends. */
export async function settle(database: Pool, count: number): Promise<void> {
  const connection = await database.getConnection()
  // Every row refers to one that is there, and no key comes twice: nothing to be checked.
  await connection.query('SET SESSION foreign_key_checks = 0, unique_checks = 0')
  const id = "CONCAT('01900000-0000-7000-8000-', LPAD(HEX(seq), 12, '0'))"
  const name = nameSql('seq')
  await connection.query(
    `INSERT INTO users (id, email, email_key, created_at, updated_at)
     SELECT LOWER(${id}), CONCAT(${name}, '@example.com'), CONCAT(${name}, '@example.com'), NOW(3), NOW(3)
     FROM seq_1_to_${count}`,
  )
  await connection.query(
    `INSERT INTO usernames (username_key, display, user_id, state)
     SELECT ${name}, ${name}, LOWER(${id}), 'OWNED' FROM seq_1_to_${count}`,
  )
  await connection.query('SET SESSION foreign_key_checks = 1, unique_checks = 1')
  connection.release()
  await database.query('ANALYZE TABLE users, usernames')
}

const nameSql = (number: string) => `CONCAT('person_', LPAD(${number}, 9, '0'))`

/** The name of one of them, from 1 on. */
export const nameOf = (number: number) => `person_${String(number).padStart(9, '0')}`
