// Reads the files of templates: one folder for each, with a file for each language and form, such as workflow-failed/pt-BR.html.hbs.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TemplateFile } from '@postern/delivery/templates/engine'
import { TemplateProblem } from '@postern/delivery/templates/problem'
import { localeNamed } from '../settings/locales.js'

/**
 * `text` is title and body, `in-app` the same for the list in the app, `html` the body of an e-mail, and `short` an SMS. Only
 * `text` is required.
 */
export const FORMS = ['text', 'in-app', 'html', 'short'] as const

export type Form = (typeof FORMS)[number]

const FILE = /^([A-Za-z0-9-]+)\.(text|in-app|html|short)\.hbs$/
const NAME = /^[a-z][a-z0-9-]{0,63}$/

/** Of a part, which others render as {{> _name}}. */
const PART = /^(_[a-z0-9-]+)\.hbs$/

/** How much of the hash of its files a template's version is. */
const VERSION_LENGTH = 12

export interface TemplateFolder {
  /** Changes with every file. */
  version: string
  /** By language and form. */
  forms: ReadonlyMap<string, ReadonlyMap<Form, TemplateFile>>
}

export interface TemplateFiles {
  templates: ReadonlyMap<string, TemplateFolder>
  parts: ReadonlyMap<string, TemplateFile>
}

type Loaded = Map<string, Map<string, TemplateFile>>

/** Files of later folders replace those of earlier ones. Throws a TemplateProblem if there are files that can't be used. */
export function readTemplateFiles(folders: readonly string[]): TemplateFiles {
  const loaded: Loaded = new Map()
  const parts = new Map<string, TemplateFile>()
  for (const folder of folders) readFolder(folder, loaded, parts)
  const shared = [...parts.values()].map(({ text }) => text)
  const templates = [...loaded].map(([name, files]) => [name, folderOf(files, shared)] as const)
  return { templates: new Map(templates), parts }
}

function readFolder(folder: string, loaded: Loaded, parts: Map<string, TemplateFile>): void {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    const part = PART.exec(entry.name)?.[1]
    if (part !== undefined) parts.set(part, readTemplate(path))
    else if (!entry.isDirectory()) throw new TemplateProblem(path, 'is neither a part, as _footer.hbs, nor a folder')
    else if (!NAME.test(entry.name))
      throw new TemplateProblem(path, 'is not named as a template, such as weekly-report')
    else {
      const files = loaded.get(entry.name) ?? new Map<string, TemplateFile>()
      for (const file of entriesOf(path)) files.set(nameOf(join(path, file.name)), readTemplate(join(path, file.name)))
      loaded.set(entry.name, files)
    }
  }
}

/** Hidden files are those of editors and of mounted volumes. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  } catch (error) {
    throw new TemplateProblem(folder, `can't be read: ${(error as Error).message}`)
  }
}

/** The language and form of a file: `pt-BR.html`. */
function nameOf(path: string): string {
  const [, tag = '', form = ''] = FILE.exec(path.slice(path.lastIndexOf('/') + 1)) ?? []
  const locale = tag && localeNamed(tag)
  if (!locale)
    throw new TemplateProblem(path, `is not named as <language>.<form>.hbs, where a form is ${FORMS.join(', ')}`)
  return `${locale}.${form}`
}

const readTemplate = (path: string): TemplateFile => ({
  path,
  text: readFileSync(path, 'utf8').replaceAll('\r\n', '\n'),
})

function folderOf(files: ReadonlyMap<string, TemplateFile>, shared: readonly string[]): TemplateFolder {
  const forms = new Map<string, Map<Form, TemplateFile>>()
  for (const [name, file] of files) {
    const [locale = '', form = ''] = name.split('.')
    forms.set(locale, (forms.get(locale) ?? new Map<Form, TemplateFile>()).set(form as Form, file))
  }
  const hash = createHash('sha256').update(
    JSON.stringify([[...files].map(([name, { text }]) => [name, text]).sort(), shared]),
  )
  return { version: hash.digest('hex').slice(0, VERSION_LENGTH), forms }
}
