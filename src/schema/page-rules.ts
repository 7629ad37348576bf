// The rules for the arguments of a list with pages.
import { z } from 'zod'
import { cursor } from './cursors.js'
import { upTo } from './field-rules.js'

/** `others` are the arguments of the list besides those of the page. */
export const pageOf = <Shape extends z.ZodRawShape>(others: Shape) =>
  z
    .object({ ...others, first: upTo(100), after: cursor.nullish(), last: upTo(100), before: cursor.nullish() })
    .refine(hasOneSize, { path: ['last'], message: 'Use either first or last, not both.', when: () => true })

const hasOneSize = (page: object): boolean => {
  const { first, last } = page as { first?: unknown; last?: unknown }
  return first == null || last == null
}
