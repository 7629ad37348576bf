// Collects what is wrong with the fields of an input, so that one response names them all.
import { ServiceError, type ErrorCode, type FieldProblem } from '@postern/service/errors'

/** The codes that concern one field. Of several problems, the one that comes first here gives the error its code. */
const PRECEDENCE: readonly ErrorCode[] = [
  'INVALID_INPUT',
  'WEAK_PASSWORD',
  'BREACHED_PASSWORD',
  'USERNAME_RESERVED',
  'EMAIL_EXISTS',
  'USERNAME_TAKEN',
]

const rank = ({ code }: FieldProblem): number => PRECEDENCE.indexOf(code)

const concernsField = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && PRECEDENCE.includes(error.code)

/** The problem that an error describes, at a field. */
export const problemAt = (path: string, { code, message }: ServiceError): FieldProblem => ({ path, message, code })

/** Throws an error that names every problem, if there are any. */
export function refuseProblems(fields: readonly FieldProblem[]): void {
  const [first] = fields.toSorted((a, b) => rank(a) - rank(b))
  if (!first) return
  const { code, message } = first
  throw new ServiceError(code, code === 'INVALID_INPUT' ? { fields } : { message, fields })
}

/** Adds the field to an error that concerns it, such as the violation of a unique key. Other errors pass. */
export async function atField<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!concernsField(error) || error.fields) throw error
    const { code, message, cause } = error
    throw new ServiceError(code, { message, fields: [problemAt(path, error)], cause })
  }
}
