import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemplates } from '../../src/templates/templates.js'

const names = { appName: 'Example', appUrl: 'https://example.com' }
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

/** Of an operator. */
function withFiles(files: Record<string, string>, defaultLocale = 'en') {
  const directory = mkdtempSync(join(tmpdir(), 'postern-templates-'))
  folders.push(directory)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return createTemplates({ directory, defaultLocale, names })
}

const asked = (name: string, values: object = {}, more: object = {}) => ({
  ...{ name, values: values as Record<string, unknown>, secretValues: {}, locale: 'en', isInApp: true, ...more },
})

const failed = { workflow: 'Import', problem: 'no file' }

describe('templates', () => {
  it.each([
    ['pt-BR', 'pt', 'Import falhou'],
    ['de-AT', 'de', 'Import ist fehlgeschlagen'],
    ['fi', 'en', 'Import has failed'],
    ['en-GB', 'en', 'Import has failed'],
  ])('for %s are those of %s', (locale, found, title) => {
    const rendered = withFiles({}).render(asked('workflow-failed', failed, { locale }))
    expect(rendered).toMatchObject({ locale: found, content: { title } })
  })

  it('have a version, which changes with each of their files and parts', () => {
    const text = 'Title: a\n\nb {{> _end}}'
    const versions = [
      { 'report/en.text.hbs': text, '_end.hbs': 'c' },
      { 'report/en.text.hbs': `${text}.`, '_end.hbs': 'c' },
      { 'report/en.text.hbs': text, '_end.hbs': 'c.' },
      { 'report/en.text.hbs': text, '_end.hbs': 'c', 'report/en.short.hbs': 'd' },
    ].map((files) => withFiles(files).render(asked('report')).version)
    expect(new Set(versions).size).toBe(4)
    expect(withFiles({ 'report/en.text.hbs': text, '_end.hbs': 'c' }).render(asked('report')).version).toBe(versions[0])
  })

  it('escape values in HTML, and nowhere else', () => {
    const { content } = withFiles({
      'report/en.text.hbs': 'Title: {{name}}\n\n{{name}} & more',
      'report/en.html.hbs': '<h1>{{title}}</h1><p>{{name}}</p>',
      'report/en.short.hbs': '{{name}}\n',
    }).render(asked('report', { name: '<b>A</b>\u202e\n\nB' }))
    expect(content).toEqual({
      title: '<b>A</b> B',
      body: '<b>A</b> B & more',
      html: '<h1>&lt;b&gt;A&lt;/b&gt; B</h1><p>&lt;b&gt;A&lt;/b&gt; B</p>',
      short: '<b>A</b> B',
    })
  })

  it('show secret values in messages, and never in the list of the app', () => {
    const files = { 'code/en.text.hbs': 'Title: Code\n\n{{code}}' }
    const secret = asked('code', {}, { secretValues: { code: '123456' } })
    expect(() => withFiles(files).render(secret)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    expect(withFiles(files).render({ ...secret, isInApp: false }).inApp).toBeNull()
    const rendered = withFiles({ ...files, 'code/en.in-app.hbs': 'Title: Code\n\nWe have sent a code.' }).render(secret)
    expect(rendered.content.body).toBe('123456')
    expect(rendered.inApp?.body).toBe('We have sent a code.')
  })

  it('refuse missing values by name, without the path of a file', () => {
    const render = () => withFiles({}).render(asked('workflow-failed', { workflow: 'Import' }))
    expect(render).toThrow(
      expect.objectContaining({
        fields: [
          {
            path: 'values',
            code: 'INVALID_INPUT',
            message: "The template can't be rendered: there is no value problem.",
          },
        ],
      }),
    )
    expect(() => withFiles({}).render(asked('no-such'))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  it.each([
    [{ 'report/en.text.hbs': 'Title: {{#with a}}{{/with}}\n\nx' }, /en\.text\.hbs:1/],
    [{ 'report/en.text.hbs': 'Title: {{constructor.name}}\n\nx' }, /en\.text\.hbs:1/],
    [{ 'report/en.text.hbs': 'Title: {{{a}}}\n\nx' }, /en\.text\.hbs:1/],
    [{ 'report/en.text.hbs': 'Hello\n' }, /en\.text\.hbs:1: must start with/],
    [{ 'report/en.pdf.hbs': 'x' }, /en\.pdf\.hbs: is not named/],
    [{ 'report/not a language.text.hbs': 'x' }, /is not named/],
    [{ 'Report/en.text.hbs': 'x' }, /is not named as a template/],
    [{ 'notes.txt': 'x' }, /is neither a part/],
    [{ 'report/de.text.hbs': 'Title: a\n\nb' }, /has no text in the language of the deployment, en/],
  ] as [Record<string, string>, RegExp][])('refuse %o at the start', (files, problem) => {
    expect(() => withFiles(files)).toThrow(problem)
  })
})
