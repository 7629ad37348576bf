// Renders mails from templates: those of this package, or an operator's in their place. Escapes every value in HTML.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createEngine, type TemplateFile } from '../templates/engine.js'
import { oneLine, printable } from '../templates/one-line.js'
import { TemplateProblem } from '../templates/problem.js'
import { type Mail, MAIL_KINDS, SAMPLES } from './mails.js'

/** Of this package, also when it is bundled into the program of another one. */
const BUILT_IN = join(
  dirname(createRequire(import.meta.url).resolve('@postern/delivery/package.json')),
  'mail-templates',
)

const EXTENSION = '.hbs'

/** Of versions before Handlebars. */
const LIQUID = '.liquid'

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

/** A message whose text has no template of its own. */
export interface Notice {
  subject: string
  /** Lines are separated by line feeds, paragraphs by empty lines. */
  body: string
  /** Null for none. */
  link: string | null
  unsubscribeUrl: string | null
}

export type Templates = ReturnType<typeof createTemplates>

/**
 * Templates are read once. Those of `directory` replace those of the same name. Throws a TemplateProblem if one of them can't
 * be read or rendered.
 */
export function createTemplates(names: AppNames, directory?: string) {
  const files = readFolder(BUILT_IN)
  for (const [name, file] of directory === undefined ? [] : readOverrides(directory, [...files.keys()]))
    files.set(name, file)
  const globals = { appName: oneLine(names.appName), appUrl: names.appUrl }
  const [textEngine, htmlEngine] = [createEngine(files, { html: false }), createEngine(files, { html: true })]

  function render(kind: Mail['kind'], values: object): Rendered {
    const clean = Object.fromEntries(
      Object.entries({ ...values, ...globals }).map(([name, value]) => [
        name,
        typeof value === 'string' ? oneLine(value) : (value as unknown),
      ]),
    )
    const name = `${kind}.text`
    const [, subject, text] = TEXT.exec(textEngine.render(name, clean)) ?? []
    if (subject === undefined || text === undefined)
      throw new TemplateProblem(files.get(name)?.path ?? name, 'must start with "Subject: …" and an empty line', 1)
    return { subject, text, html: htmlEngine.render(`${kind}.html`, { ...clean, subject }) }
  }

  function renderNotice({ subject, body, link, unsubscribeUrl }: Notice): Rendered {
    const lines = body.split('\n').map(printable)
    const paragraphs = lines
      .join('\n')
      .split(/\n{2,}/)
      .map((paragraph) => paragraph.split('\n'))
    const values = { ...globals, link: link ?? '', unsubscribeUrl: unsubscribeUrl ?? '', subject: oneLine(subject) }
    return {
      subject: values.subject,
      text: textEngine.render('notice.text', { ...values, body: lines.join('\n') }),
      html: htmlEngine.render('notice.html', { ...values, paragraphs }),
    }
  }

  /** A mail that was not made from a notice, with the link of one to unsubscribe: at the end of the text, and of the body of the page. */
  function withUnsubscribeLink({ subject, text, html }: Rendered, unsubscribeUrl: string): Rendered {
    const values = { ...globals, subject, unsubscribeUrl }
    const end = [...html.matchAll(/<\/body\s*>/gi)].at(-1)?.index ?? html.length
    const link = htmlEngine.render('unsubscribe.html', values)
    return {
      subject,
      text: `${text.trimEnd()}\n\n${textEngine.render('unsubscribe.text', values)}`,
      html: `${html.slice(0, end)}${link}${html.slice(end)}`,
    }
  }

  // A mistake must be found at the start, and not when a user waits for the mail.
  if (directory !== undefined) {
    for (const kind of MAIL_KINDS) render(kind, SAMPLES[kind])
    renderNotice({ subject: 'x', body: 'x', link: names.appUrl, unsubscribeUrl: names.appUrl })
    withUnsubscribeLink({ subject: 'x', text: 'x', html: 'x' }, names.appUrl)
  }
  return {
    render: ({ kind, values }: Pick<Mail, 'kind' | 'values'>): Rendered => render(kind, values),
    /** What a mail looks like. */
    sample: (kind: Mail['kind']): Rendered => render(kind, SAMPLES[kind]),
    renderNotice,
    withUnsubscribeLink,
  }
}

/** By their names without the extension. */
function readFolder(folder: string): Map<string, TemplateFile> {
  const names = readdirSync(folder).filter((name) => name.endsWith(EXTENSION))
  return new Map(
    names.map((name) => {
      const path = join(folder, name)
      return [name.slice(0, -EXTENSION.length), { path, text: readFileSync(path, 'utf8').replaceAll('\r\n', '\n') }]
    }),
  )
}

function readOverrides(folder: string, known: readonly string[]): Map<string, TemplateFile> {
  try {
    const outdated = readdirSync(folder).find((name) => name.endsWith(LIQUID))
    if (outdated !== undefined)
      throw new TemplateProblem(
        join(folder, outdated),
        'templates are written in Handlebars now, in files that end with .hbs. docs/mail.md says how to convert them',
      )
    const overrides = readFolder(folder)
    const unknown = [...overrides.keys()].find((name) => !known.includes(name) && !name.startsWith('_'))
    if (unknown === undefined) return overrides
    throw new TemplateProblem(
      join(folder, `${unknown}${EXTENSION}`),
      'no template has this name. The name of a part that other templates render starts with _',
    )
  } catch (error) {
    if (error instanceof TemplateProblem) throw error
    throw new TemplateProblem(folder, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}
