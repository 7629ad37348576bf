// What is wrong with a template, for the operator who wrote it.

/** Its message starts with the file and, if it has one, the line. */
export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem'

  constructor(path: string, message: string, line?: number) {
    super(`${path}${line === undefined ? '' : `:${line}`}: ${message}`)
  }
}
