import { describe, expect, it } from 'vitest'
import { brandedPage, foreignLogo } from '../../../src/http/static/branding.js'
import { contrast, parseColor, stylesheetOf } from '../../../src/http/static/colors.js'

const PLAIN = { name: 'Example', logoUrl: null, accentColor: null, termsUrl: null, privacyUrl: null }
const PAGE = Buffer.from('<html><head><title>Postern</title></head><body></body></html>')

const pairOf = (css: string, name: string) =>
  /light-dark\((#\w{6}),(#\w{6})\)/
    .exec(css.split(`${name}:`)[1] ?? '')!
    .slice(1)
    .map(parseColor)

describe('the accent color', () => {
  it.each(['#000000', '#ffffff', '#ffff00', '#0000ff', '#ff0000', '#777777', '#1b4d3e', '#0b57d0', '#ff69b4'])(
    '%s is legible in both schemes, as text and under text',
    (color) => {
      const css = stylesheetOf(color).toString()
      for (const accent of ['--accent', '--accent-strong']) {
        const [light, dark] = pairOf(css, accent)
        for (const ground of ['#faf9f6', '#ffffff', '#f3f1ec'])
          expect(contrast(light!, parseColor(ground))).toBeGreaterThanOrEqual(4.5)
        for (const ground of ['#131412', '#1b1c1a', '#252623'])
          expect(contrast(dark!, parseColor(ground))).toBeGreaterThanOrEqual(4.5)
        const [onLight, onDark] = pairOf(css, '--on-accent')
        expect(contrast(light!, onLight!)).toBeGreaterThanOrEqual(4.5)
        expect(contrast(dark!, onDark!)).toBeGreaterThanOrEqual(4.5)
      }
      const [scene, night] = pairOf(css, '--scene')
      const [ink, nightInk] = pairOf(css, '--scene-ink')
      expect(contrast(scene!, ink!)).toBeGreaterThanOrEqual(4.5)
      expect(contrast(night!, nightInk!)).toBeGreaterThanOrEqual(4.5)
    },
  )

  it('stays as it is where it is legible', () => {
    expect(stylesheetOf('#1b4d3e').toString()).toContain('--accent:light-dark(#1b4d3e,')
  })
})

describe('the document', () => {
  it('has the name, the logo and the links, escaped', () => {
    const html = brandedPage(PAGE, {
      ...{ name: 'Tom & "Jerry" <3', logoUrl: '/logo.svg', accentColor: '#0b57d0' },
      ...{ termsUrl: 'https://example.com/terms?a=1&b=2', privacyUrl: null },
    }).toString()
    expect(html).toContain('<title>Tom &amp; &quot;Jerry&quot; &lt;3</title>')
    expect(html).toContain('<meta name="application-name" content="Tom &amp; &quot;Jerry&quot; &lt;3" />')
    expect(html).toContain('<meta name="logo" content="/logo.svg" />')
    expect(html).toContain('<meta name="terms" content="https://example.com/terms?a=1&amp;b=2" />')
    expect(html).not.toContain('name="privacy"')
    expect(html).toContain('<link rel="stylesheet" href="/branding.css" /></head>')
  })

  it('allows an image of another origin, and only that', () => {
    expect(foreignLogo({ ...PLAIN, logoUrl: 'https://cdn.example.com/logo.svg' })).toEqual([
      'https://cdn.example.com/logo.svg',
    ])
    expect(foreignLogo({ ...PLAIN, logoUrl: '/logo.svg' })).toEqual([])
    expect(foreignLogo(PLAIN)).toEqual([])
  })

  it('takes a dollar sign literally', () => {
    expect(brandedPage(PAGE, { ...PLAIN, name: "$& $' $1" }).toString()).toContain("<title>$&amp; $' $1</title>")
  })
})
