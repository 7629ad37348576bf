// Renders notifications from templates. Templates are files of the service or of its operator, and never come from a caller.
import { fileURLToPath } from 'node:url'
import { createEngine, type TemplateFile } from '@postern/delivery/templates/engine'
import { oneLine } from '@postern/delivery/templates/one-line'
import { TemplateProblem } from '@postern/delivery/templates/problem'
import { invalidField } from '@postern/service/errors'
import { packageFolder } from '@postern/service/package-folder'
import type { Content } from '../channels/channel.js'
import { localeChain } from '../settings/locales.js'
import { type Form, readTemplateFiles, type TemplateFolder } from './files.js'

const BUILT_IN = fileURLToPath(new URL('templates', packageFolder(import.meta.url)))

/** A text starts with the title. */
const TITLED = /^Title: ([^\n]*\S)[ \t]*\n\s*\n([^]*\S)\s*$/

export type TemplateValues = Readonly<Record<string, unknown>>

/** A notification in the language of its person. */
export interface Rendering {
  version: string
  locale: string
  /** With secret values: for channels that send it. */
  content: Content
  /** Without them: for the list in the app. Null if the text needs them. */
  inApp: { title: string; body: string } | null
}

export interface Asked {
  name: string
  values: TemplateValues
  secretValues: TemplateValues
  locale: string
  /** Whether the app shows it: then the text must do without secret values. */
  isInApp: boolean
}

export interface TemplateOptions {
  /** The operator's templates, which replace those of the same name. */
  directory?: string | undefined
  defaultLocale: string
  /** What every template can show. */
  names: { appName: string; appUrl: string }
}

export type Templates = ReturnType<typeof createTemplates>

/** Templates are read once. Throws a TemplateProblem if a file can't be used. */
export function createTemplates({ directory, defaultLocale, names }: TemplateOptions) {
  const { templates, parts } = readTemplateFiles(directory === undefined ? [BUILT_IN] : [BUILT_IN, directory])
  const files = filesOf(templates)
  const ofForm = (isHtml: boolean) =>
    new Map([...parts, ...[...files].filter(([name]) => name.endsWith('.html') === isHtml)])
  const [texts, pages] = [createEngine(ofForm(false), { html: false }), createEngine(ofForm(true), { html: true })]

  for (const [name, { forms }] of templates)
    if (!localeChain(defaultLocale, defaultLocale).some((locale) => forms.get(locale)?.has('text')))
      throw new TemplateProblem(name, `has no text in the language of the deployment, ${defaultLocale}`)

  for (const [name, { path, text }] of files)
    if (/\.(?:text|in-app)$/.test(name) && !TITLED.test(text))
      throw new TemplateProblem(path, 'must start with "Title: …" and an empty line', 1)

  function titled(file: string, values: TemplateValues): { title: string; body: string } {
    const [, title, body] = TITLED.exec(texts.render(file, values)) ?? []
    if (title === undefined || body === undefined)
      throw new TemplateProblem(files.get(file)?.path ?? file, 'must start with "Title: …" and an empty line', 1)
    return { title, body }
  }

  function render({ name, values, secretValues, locale, isInApp }: Asked, folder: TemplateFolder): Rendering {
    const found = localeChain(locale, defaultLocale).find((tag) => folder.forms.get(tag)?.has('text')) ?? defaultLocale
    const has = (form: Form) => folder.forms.get(found)?.has(form) === true
    const file = (form: Form) => `${name}/${found}.${form}`
    const open = cleaned({ ...values, ...names })
    const all = { ...cleaned(secretValues), ...open }
    const { title, body } = titled(file('text'), all)
    return {
      version: folder.version,
      locale: found,
      content: {
        ...{ title, body },
        html: has('html') ? pages.render(file('html'), { ...all, title }) : null,
        short: has('short') ? texts.render(file('short'), all).trim() : null,
      },
      inApp: withoutSecrets(() => titled(file(has('in-app') ? 'in-app' : 'text'), open), isInApp),
    }
  }

  return {
    has: (name: string): boolean => templates.has(name),

    /** Throws INVALID_INPUT if there is no such template, or a value is missing. */
    render(asked: Asked): Rendering {
      const folder = templates.get(asked.name)
      if (!folder) throw invalidField('template', `There is no template ${asked.name}.`)
      try {
        return render(asked, folder)
      } catch (error) {
        if (!(error instanceof TemplateProblem)) throw error
        // Without the file, which is the operator's.
        throw invalidField(
          'values',
          `The template can't be rendered: ${error.message.replace(/^[^:]*(?::\d+)?: /, '')}.`,
        )
      }
    },
  }
}

/** Null if it can't be rendered, and need not be. */
function withoutSecrets<T>(render: () => T, isNeeded: boolean): T | null {
  try {
    return render()
  } catch (error) {
    if (isNeeded || !(error instanceof TemplateProblem)) throw error
    return null
  }
}

/** By the names with which the engine knows them: `weekly-report/pt-BR.html`. */
const filesOf = (templates: ReadonlyMap<string, TemplateFolder>): Map<string, TemplateFile> =>
  new Map(
    [...templates].flatMap(([name, { forms }]) =>
      [...forms].flatMap(([locale, files]) =>
        [...files].map(([form, file]) => [`${name}/${locale}.${form}`, file] as const),
      ),
    ),
  )

/** A value is one line, so that it can't look like a paragraph of the sender. */
function cleaned(values: TemplateValues): Record<string, unknown> {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return oneLine(value)
    if (Array.isArray(value)) return value.map(clean)
    return typeof value === 'object' && value !== null ? cleaned(value as TemplateValues) : value
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clean(value)]))
}
