// Reads the path templates of google.api.http: `/usernames/{username}/availability`, `/v1/{name=shelves/*}:archive`.

/** A part of a path: a literal, `*` for one segment, or `**` for the rest. */
export type Segment = { readonly literal: string } | '*' | '**'

/** A field that a part of the path is the value of. */
export interface TemplateVariable {
  /** Names of fields, such as `['address', 'city']`. */
  readonly fieldPath: readonly string[]
  /** The first segment of its value. */
  readonly from: number
  /** The first segment after its value. Undefined: its value reaches to the end. */
  readonly to: number | undefined
}

export interface Template {
  readonly segments: readonly Segment[]
  readonly variables: readonly TemplateVariable[]
  /** What follows a colon. Empty without one. */
  readonly verb: string
}

const IDENTIFIER = /^[A-Za-z_]\w*$/

/** Characters that need no percent-encoding in a path. A colon begins the verb. */
const LITERAL = /^[\w.~!$&'()+,;=@-]+$/

/** Throws an Error that says what is wrong with the template. */
export function parseTemplate(text: string): Template {
  const fail = (why: string): never => {
    throw new Error(`the path ${text} is not valid: ${why}`)
  }
  if (!text.startsWith('/')) fail('it must start with a slash')
  // A colon inside of braces belongs to no verb, but no field and no literal contains one.
  const [path = '', verb = '', ...rest] = text.slice(1).split(':')
  if (rest.length > 0 || (text.includes(':') && !LITERAL.test(verb)))
    fail('a verb is one word after a colon, at the end')

  const segments: Segment[] = []
  const variables: TemplateVariable[] = []
  const addSegment = (part: string): void => {
    if (segments.at(-1) === '**') fail('nothing can follow **')
    if (part === '*' || part === '**') segments.push(part)
    else if (LITERAL.test(part)) segments.push({ literal: part })
    else fail('a segment is a word, *, ** or a field in braces')
  }

  for (const part of splitOutsideBraces(path)) {
    const inner = /^\{(.*)\}$/.exec(part)?.[1]
    if (inner === undefined) {
      addSegment(part)
      continue
    }
    const [name = '', pattern = '*', ...more] = inner.split('=')
    const fieldPath = name.split('.')
    if (more.length > 0 || !fieldPath.every((field) => IDENTIFIER.test(field)))
      fail('a field in braces has a wrong form')
    const from = segments.length
    pattern.split('/').forEach(addSegment)
    variables.push({ fieldPath, from, to: segments.at(-1) === '**' ? undefined : segments.length })
  }
  return { segments, variables, verb }
}

/** `a/{b=c/*}` has two parts. */
const splitOutsideBraces = (path: string): string[] => path.split(/\/(?![^{]*\})/)

/** The template without the names of its variables. The same text means that the same paths match. */
export const shapeOf = ({ segments, verb }: Template): string =>
  `/${segments.map((segment) => (typeof segment === 'string' ? segment : segment.literal)).join('/')}${verb && `:${verb}`}`
