// Runs the rules of an input and throws INVALID_INPUT if any is broken.
import type { z } from 'zod'
import { AuthError } from '../platform/errors.js'
import { fieldMessage } from './field-message.js'

/** Throws INVALID_INPUT with every invalid field. No message contains a value. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const fields = result.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    message: fieldMessage(path, message),
    code: 'INVALID_INPUT' as const,
  }))
  throw new AuthError('INVALID_INPUT', { fields })
}
