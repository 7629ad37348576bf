// How many problems of its input a response lists.
import type { FieldProblem } from './errors.js'

/** More would help nobody, and a small request could ask for megabytes of them. */
export const MAX_PROBLEMS = 50

/** The first problems. It looks for no others: what finds them should be a generator, which stops then. */
export function firstProblems(found: Iterable<FieldProblem>): FieldProblem[] {
  const first: FieldProblem[] = []
  for (const problem of found) {
    first.push(problem)
    if (first.length >= MAX_PROBLEMS) break
  }
  return first
}
