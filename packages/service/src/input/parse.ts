// Runs the rules of an input and throws INVALID_INPUT if any is broken.
import { firstProblems, MAX_PROBLEMS } from '@postern/contract/first-problems'
import type { z } from 'zod'
import { ServiceError, type FieldProblem } from '../errors.js'
import { fieldMessage } from './field-message.js'

/** Throws INVALID_INPUT with every invalid field, or the first 50 of them. No message contains a value. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new ServiceError('INVALID_INPUT', { fields: problemsOf(result.error) })
}

/**
 * Like {@link parse}, but one response names every problem: of an invalid input, `findMore` checks the fields that the
 * schema accepts.
 */
export async function parseAll<Schema extends z.ZodObject>(
  schema: Schema,
  input: Readonly<Record<string, unknown>>,
  findMore: (valid: Partial<z.output<Schema>>) => Promise<readonly FieldProblem[]>,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const more = await findMore(validFields(schema, input)).catch((error: unknown) => {
    // The input is invalid even if a server that could say more is unavailable.
    if (error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE') return []
    throw error
  })
  const names = Object.keys(schema.shape)
  const position = ({ path }: FieldProblem) => names.indexOf(path.split('.', 1)[0] ?? '')
  const fields = [...problemsOf(result.error), ...more].toSorted((a, b) => position(a) - position(b))
  throw new ServiceError('INVALID_INPUT', { fields: firstProblems(fields) })
}

const problemsOf = (error: z.ZodError): FieldProblem[] =>
  error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => ({
    path: path.join('.'),
    message: fieldMessage(path, message),
    code: 'INVALID_INPUT',
  }))

function validFields<Schema extends z.ZodObject>(
  { shape }: Schema,
  input: Readonly<Record<string, unknown>>,
): Partial<z.output<Schema>> {
  const fields = Object.entries(shape as Record<string, z.ZodType>).flatMap(([name, rule]) => {
    const result = rule.safeParse(input[name])
    return result.success ? [[name, result.data] as const] : []
  })
  return Object.fromEntries(fields) as Partial<z.output<Schema>>
}
