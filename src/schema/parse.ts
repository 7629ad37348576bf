// Runs an input's rules and turns what they find into INVALID_INPUT.
import type { z } from 'zod'
import { AuthError } from '../platform/errors.js'

/** Checks one input. Throws INVALID_INPUT with every field that is wrong, and never a value. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const fields = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  throw new AuthError('INVALID_INPUT', { fields })
}
