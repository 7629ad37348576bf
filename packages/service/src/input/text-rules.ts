// Rules for text that people enter.
import { normalizeText } from '@postern/contract/text'
import { z } from 'zod'
import { hasNeedlessInvisible, hasStackedMarks } from './invisible-characters.js'

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
