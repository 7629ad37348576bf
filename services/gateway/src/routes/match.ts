// Finds the route of a request by its method and path.
import type { Route } from './route.js'
import { type Segment, shapeOf } from './template.js'

/** A route, and what the path of the request says. */
export interface Match {
  readonly route: Route
  /** The segments of the path, as they were sent. */
  readonly segments: readonly string[]
}

/** Routes by their method, for a path with and without a verb. */
type Ends = Map<string, Map<string, Route>>

interface Node {
  readonly literals: Map<string, Node>
  one: Node | null
  rest: Node | null
  readonly ends: Ends
}

const newNode = (): Node => ({ literals: new Map(), one: null, rest: null, ends: new Map() })

export interface RouteTable {
  /** Null if no route has this method and path. */
  readonly find: (method: string, url: string) => Match | null
  /** The methods of a path. */
  readonly methodsOf: (url: string) => readonly string[]
}

/** Throws an Error if two routes have the same method and path. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const root = newNode()
  for (const route of routes) add(root, route)

  /** The routes with this path, whatever their methods: those that win come first. */
  function* candidates(url: string): Generator<Candidate> {
    const path = pathOf(url)
    if (!path.startsWith('/')) return
    for (const [verb, segments] of readings(path.slice(1).split('/')))
      for (const ends of find(root, segments, 0, verb)) yield { ends, segments }
  }

  return {
    find(method, url) {
      for (const { ends, segments } of candidates(url)) {
        // RFC 9110: HEAD is GET without a body.
        const route = ends.get(method) ?? (method === 'HEAD' ? ends.get('GET') : undefined)
        if (route) return { route, segments }
      }
      return null
    },
    methodsOf: (url) => [...new Set([...candidates(url)].flatMap(({ ends }) => [...ends.keys()].flatMap(withHead)))],
  }
}

interface Candidate {
  /** By their methods. */
  readonly ends: ReadonlyMap<string, Route>
  readonly segments: readonly string[]
}

const withHead = (method: string): readonly string[] => (method === 'GET' ? ['GET', 'HEAD'] : [method])

/** The path of a request: `GET http://host/path` has the same as `GET /path` (RFC 9112 section 3.2.2). */
export function pathOf(url: string): string {
  const [target = ''] = url.split(/[?#]/, 1)
  return target.replace(/^https?:\/\/[^/]*/i, '')
}

/** What follows the last colon may be a verb, or belong to the segment. */
function readings(segments: readonly string[]): [verb: string, segments: readonly string[]][] {
  const last = segments.at(-1) ?? ''
  const colon = last.lastIndexOf(':')
  // A verb has at least one character.
  if (colon < 0 || colon === last.length - 1) return [['', segments]]
  return [
    [last.slice(colon + 1), [...segments.slice(0, -1), last.slice(0, colon)]],
    ['', segments],
  ]
}

function add(root: Node, route: Route): void {
  const node = route.template.segments.reduce(child, root)
  const { verb } = route.template
  const ends = node.ends.get(verb) ?? new Map<string, Route>()
  node.ends.set(verb, ends)
  const other = ends.get(route.httpMethod)
  if (other)
    throw new Error(
      `${other.method.toString()} and ${route.method.toString()} have the same route: ${route.httpMethod} ${shapeOf(route.template)}`,
    )
  ends.set(route.httpMethod, route)
}

function child(node: Node, segment: Segment): Node {
  if (segment === '*') return (node.one ??= newNode())
  if (segment === '**') return (node.rest ??= newNode())
  let next = node.literals.get(segment.literal)
  if (!next) node.literals.set(segment.literal, (next = newNode()))
  return next
}

/** A literal wins over `*`, and both over `**`. */
function* find(
  node: Node,
  segments: readonly string[],
  at: number,
  verb: string,
): Generator<ReadonlyMap<string, Route>> {
  const segment = segments[at]
  const here = segment === undefined ? node.ends.get(verb) : undefined
  if (here) yield here
  if (segment !== undefined) {
    const literal = node.literals.get(segment) ?? node.literals.get(decoded(segment))
    if (literal) yield* find(literal, segments, at + 1, verb)
    if (node.one && segment !== '') yield* find(node.one, segments, at + 1, verb)
  }
  // `**` also matches no segment at all.
  const rest = node.rest?.ends.get(verb)
  if (rest) yield rest
}

/** RFC 3986 section 6.2.2: `%61` is the same as `a`. What can't be decoded matches no literal. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
