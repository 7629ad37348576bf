import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/templates/engine.js'

const engineOf = (files: Record<string, string>, html = true) =>
  createEngine(new Map(Object.entries(files).map(([name, text]) => [name, { path: `/templates/${name}.hbs`, text }])), {
    html,
  })

const rendered = (text: string, values: Record<string, unknown>, html = true) =>
  engineOf({ page: text }, html).render('page', values)

describe('a template', () => {
  it('shows values, tests them, compares them and lists them', () => {
    const text =
      '{{name}}:{{#if on}}on{{else}}off{{/if}}{{#unless on}}!{{/unless}}{{#is kind "a"}}A{{else is kind "b"}}B{{else}}?{{/is}}'
    expect(rendered(text, { name: 'x', on: true, kind: 'b' })).toBe('x:onB')
    expect(rendered(text, { name: 'x', on: '', kind: 'c' })).toBe('x:off!?')
    const list = '{{#each items}}[{{title}}]{{else}}none{{/each}}{{#each names}}{{this}},{{/each}}'
    expect(rendered(list, { items: [{ title: 1 }, { title: '<' }], names: ['a', 'b'] })).toBe('[1][&lt;]a,b,')
    expect(rendered(list, { items: [], names: [] })).toBe('none')
  })

  it('renders parts, and what stands between their tags', () => {
    const files = {
      page: '{{#> frame}}\n<{{name}}>\n{{/frame}}\n',
      frame: 'a\n{{> @partial-block}}\n{{> end.text}}',
      'end.text': 'z{{name}}\n',
    }
    expect(engineOf(files).render('page', { name: '&' })).toBe('a\n<&amp;>\nz&amp;\n')
    expect(engineOf(files, false).render('page', { name: '&' })).toBe('a\n<&>\nz&\n')
  })

  it.each([
    ['{{{name}}}', 'would not escape the value'],
    ['{{&name}}', 'would not escape the value'],
    ['a\n{{#if name}}{{{name}}}{{/if}}', ':2: write {{name}}'],
    ['{{#each items}}{{{this}}}{{/each}}', 'would not escape the value'],
    ['{{constructor.constructor}}', 'constructor.constructor is not the name of a value'],
    ['{{name.length}}', 'name.length is not the name of a value'],
    ['{{@root}}', 'is not the name of a value'],
    ['{{../name}}', 'is not the name of a value'],
    ['{{this}}', 'this is not the name of a value'],
    ['{{if}}', 'if is not the name of a value'],
    ['{{lookup this "constructor"}}', 'a value is shown by its name alone'],
    ['{{log name}}', 'a value is shown by its name alone'],
    ['{{#with name}}x{{/with}}', 'there are no blocks but if, unless, each, is'],
    ['{{#helperMissing}}x{{/helperMissing}}', 'there are no blocks but'],
    ['{{#if (lookup this "name")}}x{{/if}}', 'a value is a name, a text or a number'],
    ['{{#if name includeZero=true}}x{{/if}}', '{{#if}} takes one value'],
    ['{{#is name}}x{{/is}}', '{{#is}} takes two values'],
    ['{{#each items as |item|}}x{{/each}}', 'as |name| is not supported'],
    ['{{> (lookup this "name")}}', 'a part is rendered by its name alone'],
    ['{{> page}}', 'the part page renders itself'],
    ['{{> ../../etc/passwd}}', 'there is no part ../../etc/passwd'],
    ['{{#*inline "part"}}x{{/inline}}', 'decorators and parts inside of a file are not supported'],
    ['{{* decorator}}', 'decorators and parts inside of a file are not supported'],
    ['{{#if name}}x', ':1: a block or a tag is not closed'],
    ['a\n{{#if name}}x{{/unless}}', ":2: if doesn't match unless"],
    ['{{name', 'this is no valid Handlebars'],
    ['{{#if off}}{{missing}}{{/if}}', 'there is no value missing'],
    ['x'.repeat(70_000), 'is longer than 65536 bytes'],
  ])('is refused: %s', (text, problem) => {
    const path = '/templates/page.hbs'
    let message = ''
    try {
      rendered(text, { name: 'x', off: false, items: ['x'] })
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.startsWith(path)).toBe(true)
    expect(message).toContain(problem)
    expect(message.length).toBeLessThan(200)
  })

  it('is refused if its parts multiply', () => {
    const files = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`part${i}`, `{{> part${i + 1}}}{{> part${i + 1}}}{{> part${i + 1}}}`]),
    )
    expect(() => engineOf({ ...files, part8: 'x' }).render('part0', {})).toThrow('has more than 50 parts')
  })

  it('gets no prototypes and no functions', () => {
    const values = { name: () => 'called', items: [Object.create({ title: 'inherited' })], toHTML: () => '<b>' }
    expect(rendered('{{name}}', values)).toBe('')
    expect(() => rendered('{{#each items}}{{title}}{{/each}}', values)).toThrow('shows a value that is not there')
    expect(() => rendered('{{constructor}}', values)).toThrow('there is no value constructor')
    expect(() => rendered('{{#each items}}{{constructor}}{{/each}}', values)).toThrow('is not there')
    const name = { toHTML: () => '<b>', toString: () => '<i>' }
    expect(() => rendered('{{name}}', { name })).toThrow('that is no text')
  })
})
