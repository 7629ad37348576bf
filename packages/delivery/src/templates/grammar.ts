// The part of Handlebars that templates can use. Everything else is refused when a template is read, with its file and line:
// what can't be written needs no defense when it is rendered.
import Handlebars from 'handlebars'
import { TemplateProblem } from './problem.js'

/** Each helper, and how many values it takes. */
export const HELPERS: ReadonlyMap<string, number> = new Map([
  ['if', 1],
  ['unless', 1],
  ['each', 1],
  ['is', 2],
])

/** What stands between the tags of a partial, in that partial. */
const BLOCK = '@partial-block'

/** A file, as far as others depend on it. */
export interface Grammar {
  /** The values that it shows or tests, and the line of each. Not those inside of `each`, which belong to an item. */
  fields: ReadonlyMap<string, number>
  /** The partials that it renders, and the line of each. */
  partials: readonly { name: string; line: number }[]
}

type Node = hbs.AST.Node
type Path = hbs.AST.PathExpression
type Partial = hbs.AST.PartialStatement | hbs.AST.PartialBlockStatement

/** Throws a TemplateProblem. */
export function readGrammar(path: string, text: string): Grammar {
  const fields = new Map<string, number>()
  const partials: { name: string; line: number }[] = []

  const refuse = (node: Node, message: string): never => {
    throw new TemplateProblem(path, message, node.loc.start.line)
  }

  function readValue(node: Node, inEach: boolean): void {
    if (['StringLiteral', 'NumberLiteral', 'BooleanLiteral'].includes(node.type)) return
    if (node.type !== 'PathExpression') refuse(node, 'a value is a name, a text or a number')
    const { original, data, depth, parts } = node as Path
    const isItem = inEach && original === 'this'
    if (
      data ||
      depth > 0 ||
      HELPERS.has(original) ||
      (parts.length !== 1 && !isItem) ||
      (original !== parts[0] && !isItem)
    )
      refuse(node, `${original} is not the name of a value`)
    if (!inEach && !fields.has(original)) fields.set(original, node.loc.start.line)
  }

  function readPartial(node: Partial): void {
    if (node.name.type !== 'PathExpression' || node.params.length > 0 || (node.hash as unknown) !== undefined)
      refuse(node, 'a part is rendered by its name alone, such as {{> footer.text}}')
    const { original } = node.name as Path
    if (original !== BLOCK) partials.push({ name: original, line: node.loc.start.line })
  }

  function readBlock(node: hbs.AST.BlockStatement, inEach: boolean): void {
    const { path: helper, params, program, inverse } = node
    const name = helper.original
    if (HELPERS.get(name) === undefined) refuse(node, `there are no blocks but ${[...HELPERS.keys()].join(', ')}`)
    if (params.length !== HELPERS.get(name) || (node.hash as unknown) !== undefined)
      refuse(node, `{{#${name}}} takes ${HELPERS.get(name) === 1 ? 'one value' : 'two values'}`)
    for (const param of params) readValue(param, inEach)
    readBody(program, inEach || name === 'each')
    readBody(inverse, inEach)
  }

  function readBody(body: hbs.AST.Program | undefined, inEach: boolean): void {
    if (!body) return
    // Of the whole file, it is undefined.
    const names = body.blockParams as string[] | undefined
    if (names && names.length > 0) refuse(body, 'as |name| is not supported')
    for (const node of body.body) readStatement(node, inEach)
  }

  function readStatement(node: Node, inEach: boolean): void {
    switch (node.type) {
      case 'ContentStatement':
      case 'CommentStatement':
        return
      case 'MustacheStatement': {
        const { escaped, params, path: value, hash } = node as hbs.AST.MustacheStatement
        if (!escaped) refuse(node, 'write {{name}}: {{{name}}} and {{&name}} would not escape the value')
        if (params.length > 0 || (hash as unknown) !== undefined) refuse(node, 'a value is shown by its name alone')
        return readValue(value, inEach)
      }
      case 'BlockStatement':
        return readBlock(node as hbs.AST.BlockStatement, inEach)
      case 'PartialStatement':
        return readPartial(node as Partial)
      case 'PartialBlockStatement':
        readPartial(node as Partial)
        return readBody((node as hbs.AST.PartialBlockStatement).program, inEach)
      default:
        return refuse(node, 'decorators and parts inside of a file are not supported')
    }
  }

  readBody(parse(path, text), false)
  return { fields, partials }
}

function parse(path: string, text: string): hbs.AST.Program {
  try {
    return Handlebars.parse(text)
  } catch (error) {
    const { message } = error as Error
    const line = /line (\d+)|- (\d+):\d+$/.exec(message)
    throw new TemplateProblem(path, describe(message), line ? Number(line[1] ?? line[2]) : undefined)
  }
}

/** The parser quotes the template and lists its tokens. */
function describe(message: string): string {
  const [, token] = /, got '(\w+)'$/.exec(message) ?? []
  if (token === 'EOF') return 'a block or a tag is not closed'
  if (token !== undefined || /^Lexical error|^Parse error/.test(message)) return 'this is no valid Handlebars'
  return message.replace(/ - \d+:\d+$/, '')
}
