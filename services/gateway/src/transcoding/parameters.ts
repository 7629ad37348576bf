// Collects what the path and the query of a request say, as the JSON of a message.
import type { DescField } from '@bufbuild/protobuf'
import { MAX_PROBLEMS } from '@postern/contract/first-problems'
import { fieldProblem, type FieldProblem } from '../http/failure.js'
import { findChain, isTextual } from '../routes/field-path.js'
import type { Match } from '../routes/match.js'
import type { PathVariable, Route } from '../routes/route.js'
import { jsonOfText } from './text-values.js'

/** JSON of a message. Its names are those of fields, never of a request. */
export interface JsonObject {
  [name: string]: unknown
}

export const pathOfChain = (chain: readonly DescField[]): string => chain.map(({ jsonName }) => jsonName).join('.')

const NO_UTF8 = 'Its percent-encoding is not valid UTF-8.'

export function pathParameters({ route, segments }: Match, into: JsonObject, problems: FieldProblem[]): void {
  for (const variable of route.variables) {
    const text = textOf(variable, segments)
    if (text === null) problems.push(fieldProblem(pathOfChain(variable.chain), NO_UTF8))
    else set(into, variable.chain, text)
  }
}

/** Null if it can't be decoded. */
function textOf({ from, to }: PathVariable, segments: readonly string[]): string | null {
  const parts = segments.slice(from, to)
  try {
    if (to === from + 1) return decodeURIComponent(parts[0] ?? '')
    // As google.api.http has it: an encoded slash stays encoded among several segments, or it would seem to separate two.
    return parts
      .map((part) =>
        part
          .split(/(%2f)/i)
          .map((text, i) => (i % 2 === 1 ? text : decodeURIComponent(text)))
          .join(''),
      )
      .join('/')
  } catch {
    return null
  }
}

/** No response repeats the name of an unknown parameter: the client may have put a secret there. */
export function queryParameters(route: Route, url: string, into: JsonObject, problems: FieldProblem[]): void {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? ''
  if (query === '') return
  const inPath = new Set(route.variables.map(({ chain }) => pathOfChain(chain)))
  const seen = new Set<string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    // The head of a request has room for thousands of parameters.
    if (problems.length >= MAX_PROBLEMS) return
    const [name, value] = decodePair(pair)
    if (name === null || value === null) {
      problems.push(fieldProblem('query', NO_UTF8))
      continue
    }
    const chain = findParameter(route, name)
    if (!chain) {
      problems.push(fieldProblem('query', 'Contains an unknown parameter.'))
      continue
    }
    const path = pathOfChain(chain)
    if (inPath.has(path)) problems.push(fieldProblem(path, 'Give it in the path only.'))
    else if (chain.at(-1)?.fieldKind !== 'list' && seen.has(path)) problems.push(fieldProblem(path, 'Give it once.'))
    else set(into, chain, value)
    seen.add(path)
  }
}

function decodePair(pair: string): [name: string | null, value: string | null] {
  const equals = pair.indexOf('=')
  return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
}

/** Null for what is no UTF-8. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/** Undefined for a field that a query can't contain, such as one that the body is. */
function findParameter({ method, body }: Route, name: string): DescField[] | undefined {
  if (body === 'all') return undefined
  const chain = findChain(method.input, name.split('.'))
  const last = chain?.at(-1)
  if (!chain || !last || !isTextual(last)) return undefined
  return body !== 'none' && chain[0] === body ? undefined : chain
}

function set(into: JsonObject, chain: readonly DescField[], text: string): void {
  let parent = into
  for (const { jsonName } of chain.slice(0, -1)) parent = (parent[jsonName] ??= {}) as JsonObject
  const field = chain.at(-1)
  if (!field) return
  const value = jsonOfText(field, text)
  if (field.fieldKind !== 'list') parent[field.jsonName] = value
  else ((parent[field.jsonName] ??= []) as unknown[]).push(value)
}
