// Renders templates: files of the program or of an operator, in a small part of Handlebars. What comes from a client is only
// ever a value, never a template: Handlebars compiles templates to JavaScript.
import Handlebars from 'handlebars'
import { type Grammar, HELPERS, readGrammar } from './grammar.js'
import { TemplateProblem } from './problem.js'

const MAX_BYTES = 65_536

/** How many parts a template can have, counted as often as they are rendered. */
const MAX_PARTS = 50

const NO_TEXT = 'shows a value that is not there, or that is no text'

/** Not those of Handlebars that look values up, log, or stand in for missing ones. */
const KNOWN: Readonly<Record<string, boolean>> = {
  ...{ with: false, lookup: false, log: false, helperMissing: false, blockHelperMissing: false },
  ...Object.fromEntries([...HELPERS.keys()].map((name) => [name, true])),
}

export interface TemplateFile {
  /** For messages. */
  path: string
  text: string
}

export type Engine = ReturnType<typeof createEngine>

/**
 * `files`: by the name by which others render them, such as `footer.text`. `html`: values are escaped. Throws a TemplateProblem if
 * one of the files can't be used.
 */
export function createEngine(files: ReadonlyMap<string, TemplateFile>, { html }: { html: boolean }) {
  const handlebars = Handlebars.create()
  for (const name of Object.keys(handlebars.helpers)) if (!KNOWN[name]) handlebars.unregisterHelper(name)
  handlebars.registerHelper('is', function (this: unknown, left: unknown, right: unknown, options) {
    const { fn, inverse } = options as Handlebars.HelperOptions
    return left === right ? fn(this) : inverse(this)
  })

  const grammars = new Map<string, Grammar>()
  const compiled = new Map<string, HandlebarsTemplateDelegate>()
  for (const [name, { path, text }] of files) {
    if (Buffer.byteLength(text) > MAX_BYTES) throw new TemplateProblem(path, `is longer than ${MAX_BYTES} bytes`)
    grammars.set(name, readGrammar(path, text))
    const template = handlebars.compile(text, {
      ...{ strict: true, noEscape: !html, preventIndent: true },
      ...{ knownHelpers: KNOWN, knownHelpersOnly: true },
    })
    compiled.set(name, template)
    handlebars.registerPartial(name, template)
  }

  /** The values that a template and its parts need, and where. */
  function fieldsOf(name: string, above: readonly string[] = [], count = { parts: 0 }): Map<string, [string, number]> {
    const [grammar, path] = [grammars.get(name), files.get(name)?.path ?? name]
    if (!grammar) throw new TemplateProblem(path, 'there is no such template')
    const fields = new Map<string, [string, number]>()
    for (const [field, line] of grammar.fields) fields.set(field, [path, line])
    for (const part of grammar.partials) {
      if (!grammars.has(part.name)) throw new TemplateProblem(path, `there is no part ${part.name}`, part.line)
      if ([...above, name].includes(part.name))
        throw new TemplateProblem(path, `the part ${part.name} renders itself`, part.line)
      if (++count.parts > MAX_PARTS) throw new TemplateProblem(path, `has more than ${MAX_PARTS} parts`, part.line)
      for (const [field, place] of fieldsOf(part.name, [...above, name], count))
        if (!fields.has(field)) fields.set(field, place)
    }
    return fields
  }

  const needed = new Map<string, Map<string, [string, number]>>()

  return {
    /** Throws a TemplateProblem, also if a value is missing that these values do not lead to. */
    render(name: string, values: Readonly<Record<string, unknown>>): string {
      const fields = needed.get(name) ?? fieldsOf(name)
      needed.set(name, fields)
      for (const [field, [path, line]] of fields)
        if (!Object.hasOwn(values, field)) throw new TemplateProblem(path, `there is no value ${field}`, line)
      try {
        return compiled.get(name)?.(plain(values)) ?? ''
      } catch (error) {
        const path = files.get(name)?.path ?? name
        // Of JavaScript: what is inside of each has no prototype, and can't be part of a message.
        if (!(error instanceof Handlebars.Exception)) throw new TemplateProblem(path, NO_TEXT)
        throw new TemplateProblem(path, error.message, error.lineNumber as number | undefined)
      }
    },
  }
}

/** A copy without prototypes: a name such as `constructor` leads nowhere, and nothing is called. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.assign(
      Object.create(null) as object,
      Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])),
    )
  return typeof value === 'function' || typeof value === 'symbol' ? '' : value
}
