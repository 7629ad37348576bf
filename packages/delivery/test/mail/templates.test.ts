import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { MAIL_KINDS, SAMPLES } from '../../src/mail/mails.js'
import { createTemplates } from '../../src/mail/templates.js'

const APP = { appName: 'Example', appUrl: 'https://auth.example.com' }
const folder = mkdtempSync(join(tmpdir(), 'postern-templates-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The same values, each text replaced. */
const hostile = (kind: (typeof MAIL_KINDS)[number], text: string) => ({
  kind,
  values: Object.fromEntries(
    Object.entries(SAMPLES[kind]).map(([name, value]) => [name, typeof value === 'string' ? text : value]),
  ),
})

describe.each(MAIL_KINDS)('the mail %s', (kind) => {
  const { render } = createTemplates(APP)
  const mail = { kind, values: SAMPLES[kind] }

  it('has a subject, both bodies, the name and the address of the app, and every value', () => {
    const { subject, text, html } = render(mail)
    expect(subject).toMatch(/^[A-Z][^\n]{5,60}$/)
    for (const body of [text, html]) {
      for (const value of Object.values(SAMPLES[kind])) if (typeof value === 'string') expect(body).toContain(value)
      expect(body).toContain(APP.appName)
      expect(body).toContain(APP.appUrl)
      expect(body).not.toMatch(/\{[{%]/)
    }
  })

  it('can be read in the dark, by a screen reader, and without a request to a server', () => {
    const { html } = render(mail)
    expect(html).toContain('<meta name="color-scheme" content="light dark">')
    expect(html).toContain('prefers-color-scheme: dark')
    expect(html).toMatch(/<html lang="en">[^]*<title>[^<]+<\/title>[^]*<main [^]*<h1>/)
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|form)\b|url\(|@import/i)
  })

  it('escapes every value in HTML, and keeps it on one line', () => {
    const evil = `"><script>alert(1)</script>'&{{appUrl}}{{{link}}}\r\nSubject: x\r\n\r\n\u202e\u2028<img src=x>`
    const { subject, text, html } = render(hostile(kind, evil) as never)
    expect(html).not.toMatch(/<script|<img|"><|'&\{/)
    expect(html).toContain('{{appUrl}}')
    for (const part of [subject, text, html]) {
      expect(part).not.toMatch(/\r|\u202e|\u2028/)
      expect(part).not.toMatch(/^Subject: x/m)
    }
  })
})

describe('a link to unsubscribe', () => {
  const { withUnsubscribeLink } = createTemplates(APP)
  const url = 'https://example.com/unsubscribe/a?b="<c>'

  it.each([
    [
      '<body><p>Hello</p></body>',
      /^<body><p>Hello<\/p><p class="quiet"><a href="[^"<]+">Unsubscribe<\/a><\/p>\n<\/body>$/,
    ],
    ['<BODY>&lt;/body&gt; </body> Hello</BODY >', /<\/body> Hello<p class="quiet">.*<\/p>\n<\/BODY >$/],
    ['<p>Hello</p>', /^<p>Hello<\/p><p class="quiet">.*<\/p>\n$/],
  ])('is at the end of the body of %s', (html, expected) => {
    expect(withUnsubscribeLink({ subject: 'Hello', text: 'Hello\n', html }, url)).toEqual({
      ...{ subject: 'Hello', text: `Hello\n\nUnsubscribe:\n${url}\n` },
      html: expect.stringMatching(expected) as string,
    })
  })
})

describe('a template of an operator', () => {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const remove = (name: string) => rmSync(join(folder, name))

  it('replaces the one of the same name', () => {
    write('verify-email.text.hbs', 'Subject: Hello from {{appName}}\r\n\r\nUse {{code}}.\r\n')
    write('layout.html.hbs', '<html>{{> @partial-block}}{{> _sign}}</html>')
    write('_sign.hbs', '<b>{{appName}}</b>')
    const { render } = createTemplates({ ...APP, appName: 'A & B' }, folder)
    const { subject, text, html } = render({ kind: 'verify-email', values: SAMPLES['verify-email'] })
    expect({ subject, text }).toEqual({ subject: 'Hello from A & B', text: 'Use 12345678.\n' })
    expect(html).toMatch(/^<html>[^]*12345678[^]*<b>A &amp; B<\/b><\/html>/)
    for (const name of ['verify-email.text.hbs', 'layout.html.hbs', '_sign.hbs']) remove(name)
  })

  it.each([
    ['verify-email.html.hbs', '<p>\n\n{{password}}</p>', 'verify-email.html.hbs:3: there is no value password'],
    [
      'password-changed.html.hbs',
      '{{#if reset}}{{code}}{{/if}}',
      'password-changed.html.hbs:1: there is no value code',
    ],
    ['layout.html.hbs', '<p>\n{{nothing}}', 'layout.html.hbs:2: there is no value nothing'],
    ['verify-email.text.hbs', 'Use {{code}}.', 'verify-email.text.hbs:1: must start with "Subject: …"'],
    ['verify-mail.text.hbs', 'Subject: x\n\ny', 'verify-mail.text.hbs: no template has this name'],
    ['layout.html.liquid', '{{ subject }}', 'layout.html.liquid: templates are written in Handlebars now'],
  ])('is refused with its file and line: %s with %j', (name, text, problem) => {
    write(name, text)
    expect(() => createTemplates(APP, folder)).toThrow(join(folder, problem))
    remove(name)
  })

  it('is refused if its folder is missing', () => {
    expect(() => createTemplates(APP, join(folder, 'missing'))).toThrow('cannot be read (ENOENT)')
  })
})
