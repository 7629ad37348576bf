// Rules that several inputs share: text, names, usernames, passwords, and page sizes.
import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'
import { z } from 'zod'
import { normalizeText } from '@postern/contract/text'
import { hasNeedlessInvisible, hasStackedMarks } from './invisible-characters.js'
import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'

/** Lone surrogates can't be encoded in UTF-8: two different strings would be stored as one. */
export const text = z
  .string('is required')
  .refine((value) => value.isWellFormed(), 'must not contain broken characters')

export const INVISIBLE_MESSAGE = 'must not contain invisible characters'
export const STACKED_MARKS_MESSAGE = 'must not have that many marks on one letter'

/** One line of at most `max` code points, trimmed. */
export const line = (max: number) =>
  text
    .transform((value) => normalizeText(value.trim()))
    .refine((value) => value.length > 0, 'must not be empty')
    .refine((value) => [...value].length <= max, `must have at most ${max} characters`)
    .refine((value) => !/\p{Cc}/u.test(value), 'must not contain control characters')
    .refine((value) => !hasNeedlessInvisible(value), INVISIBLE_MESSAGE)
    .refine((value) => !hasStackedMarks(value), STACKED_MARKS_MESSAGE)

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
