// Renders mails from templates: those of this folder, or an operator's in their place. Escapes every value in HTML.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Liquid, type LiquidOptions } from 'liquidjs'
import { type Mail, MAIL_KINDS, SAMPLES } from './mails.js'

/** The build copies them next to the code. */
const BUILT_IN = fileURLToPath(new URL('./templates', import.meta.url))

const EXTENSION = '.liquid'

/** A text template starts with the subject of the mail. */
const TEXT = /^Subject: ([^\n]*\S)[ \t]*\n\s*\n([^]*)$/

/** What every template can show. */
export interface AppNames {
  appName: string
  appUrl: string
}

export interface Rendered {
  subject: string
  text: string
  html: string
}

export type Templates = ReturnType<typeof createTemplates>

/** Its message names the file and, if it has one, the line. */
export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem'
}

/**
 * Templates are read once. Those of `directory` replace those of the same name. Throws a TemplateProblem if one of them can't
 * be read or rendered.
 */
export function createTemplates(names: AppNames, directory?: string) {
  const sources = readFolder(BUILT_IN)
  const paths = new Map([...sources.keys()].map((name) => [name, join(BUILT_IN, name)]))
  for (const [name, text] of directory === undefined ? [] : readOverrides(directory, [...sources.keys()])) {
    sources.set(name, text)
    paths.set(name, join(directory ?? '', name))
  }
  const globals = { appName: oneLine(names.appName), appUrl: names.appUrl }
  const options: LiquidOptions = {
    ...{ templates: Object.fromEntries(sources), cache: true, globals, strictVariables: true, strictFilters: true },
    ownPropertyOnly: true,
  }
  const textEngine = new Liquid(options)
  const htmlEngine = new Liquid({ ...options, outputEscape: 'escape' })
  // The only filter that would write a value as it is.
  delete htmlEngine.filters['raw']

  function renderFile(engine: Liquid, name: string, values: object): string {
    try {
      return engine.renderFileSync(name, values) as string
    } catch (error) {
      throw new TemplateProblem(describe(error as LiquidError, name))
    }
  }

  /** Liquid names the file in some of its messages. In the others, the error has its text. */
  function describe({ message, token }: LiquidError, rendered: string): string {
    const named = /, file:([^,]+), /.exec(message)?.[1]
    const found = [...sources].find(([, text]) => text === token?.input)?.[0]
    const path = paths.get(named ?? found ?? rendered) ?? rendered
    const line = /, line:(\d+)/.exec(message)?.[1]
    return `${path}${line === undefined ? '' : `:${line}`}: ${message.replace(/, (?:file:[^,]+, )?line:.*$/s, '')}`
  }

  function render(kind: Mail['kind'], values: object): Rendered {
    const clean = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? oneLine(value) : value]),
    )
    const name = `${kind}.text${EXTENSION}`
    const [, subject, text] = TEXT.exec(renderFile(textEngine, name, clean)) ?? []
    if (subject === undefined || text === undefined)
      throw new TemplateProblem(`${paths.get(name) ?? name}:1: must start with "Subject: …" and an empty line`)
    const html = renderFile(htmlEngine, `${kind}.html${EXTENSION}`, { ...clean, subject })
    return { subject, text, html }
  }

  // A mistake must be found at the start, and not when a user waits for the mail.
  if (directory !== undefined) for (const kind of MAIL_KINDS) render(kind, SAMPLES[kind])
  return { render: ({ kind, values }: Pick<Mail, 'kind' | 'values'>): Rendered => render(kind, values) }
}

/** What Liquid adds to an error. */
interface LiquidError extends Error {
  token?: { input?: string }
}

const LONGEST_VALUE = 500

/** A value is never more than one line: in a text, a line break could begin a paragraph that a stranger wrote. */
const oneLine = (value: string): string =>
  value
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .slice(0, LONGEST_VALUE)
    .toWellFormed()

function readFolder(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(EXTENSION))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')]))
}

function readOverrides(folder: string, known: readonly string[]): Map<string, string> {
  try {
    const overrides = readFolder(folder)
    const unknown = [...overrides.keys()].find((name) => !known.includes(name) && !name.startsWith('_'))
    if (unknown === undefined) return overrides
    throw new TemplateProblem(
      `${join(folder, unknown)}: no template has this name. The name of a part that other templates render starts with _`,
    )
  } catch (error) {
    if (error instanceof TemplateProblem) throw error
    throw new TemplateProblem(`${folder}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}
