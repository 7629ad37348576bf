// Rules that several inputs share: usernames, passwords, and page sizes.
import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'
import { z } from 'zod'
import { normalizeText } from '@postern/contract/text'
import { line, text } from '@postern/service/input/text-rules'
import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'

export const optionalLine = (max: number) => line(max).nullish()

export const username = text.superRefine((value, context) => {
  const problem = usernameProblem(value)
  if (problem) context.addIssue({ code: 'custom', message: USERNAME_PROBLEM_MESSAGES[problem] })
})

/** A new password. Existing passwords are only compared. */
export const newPassword = (minLength: number) =>
  text.refine((value) => {
    const length = [...normalizeText(value)].length
    return length >= minLength && length <= PASSWORD_MAX_LENGTH
  }, `must have ${minLength} to ${PASSWORD_MAX_LENGTH} characters`)

/** The page size of a list. */
export const upTo = (max: number) =>
  z.int().min(1, `must be between 1 and ${max}`).max(max, `must be between 1 and ${max}`).nullish()
