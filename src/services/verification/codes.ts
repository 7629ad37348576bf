// The codes in mails: derived from the event that causes the mail, so that a repeated mail repeats its code.
import { createHmac, type KeyObject } from 'node:crypto'
import type { Statements } from '@postern/service/database/statements'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { CodeRepository, Purpose } from '../../repositories/verification/codes.js'
import { deriveKey } from '@postern/service/sealing'

const CODE_LENGTH = 8

/** From the event on that causes the mail. */
export const CODE_LIFE_SECONDS = 600

const hmac = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** 8 digits. Only the processes of the deployment can compute it: the id of an event is no secret. */
export type CodeOf = (eventId: string) => string

export function createCodeOf(refreshKey: string): CodeOf {
  const key = deriveKey(refreshKey, 'postern mail code key v1')
  return (eventId) => {
    const number = hmac(key, eventId).readBigUInt64BE()
    return String(number % 10n ** BigInt(CODE_LENGTH)).padStart(CODE_LENGTH, '0')
  }
}

/** What is stored instead of a code. Keyed, because 8 digits are quickly tried out. */
export type CodeMac = (userId: string, purpose: Purpose, code: string) => string

export function createCodeMac(refreshKey: string): CodeMac {
  const key = deriveKey(refreshKey, 'postern stored code key v1')
  return (userId, purpose, code) => hmac(key, JSON.stringify([userId, purpose, code])).toString('hex')
}

/** Makes the code of a mail valid, in the transaction that records the event which causes the mail. */
export type IssueCode = (
  tx: Statements,
  mail: { userId: string; purpose: Purpose; email: string; eventId: string },
) => Promise<void>

export const createIssueCode =
  ({
    codes,
    codeOf,
    codeMac,
    clock,
  }: {
    codes: CodeRepository
    codeOf: CodeOf
    codeMac: CodeMac
    clock: Clock
  }): IssueCode =>
  (tx, { userId, purpose, email, eventId }) =>
    codes.put(tx, {
      ...{ userId, purpose, email, mac: codeMac(userId, purpose, codeOf(eventId)) },
      expiresAt: addSeconds(clock(), CODE_LIFE_SECONDS),
    })
