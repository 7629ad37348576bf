/** Random documents that a schema permits, with variables that mostly match. */
import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import { createRandom, type Random } from './random.js'

export interface AnyDocument {
  source: string
  operationName: string | undefined
  variables: Record<string, unknown>
  hasDirectives: boolean
}

/** Every object has a property of this name. */
const INHERITED_NAMES = ['toString', 'valueOf', 'hasOwnProperty']

const MAX_DEPTH = 5

/** A value of a variable, as JSON. */
function jsonOf(type: GraphQLInputType, random: Random): unknown {
  const { below, pick, oneIn } = random
  if (oneIn(60)) return pick<unknown>(null, 'x', 7, 1.5, true, [], {}, [[]], { unknown: 1 }, '1', 2 ** 31)
  if (isNonNullType(type)) return jsonOf(type.ofType, random)
  if (oneIn(8)) return null
  if (isListType(type)) {
    const item = () => jsonOf(type.ofType, random)
    return oneIn(4) ? item() : Array.from({ length: below(4) }, item)
  }
  if (isInputObjectType(type)) {
    const given = Object.values(type.getFields()).filter((field) => !oneIn(isNonNullType(field.type) ? 30 : 2))
    return Object.fromEntries(given.map((field) => [field.name, jsonOf(field.type, random)]))
  }
  if (isEnumType(type)) return pick(...type.getValues().map(({ name }) => name))
  const scalars: Record<string, unknown> = {
    DateTime: pick('2026-11-22T10:15:30Z', '2026-11-22t10:15:30.5+01:00'),
    Int: pick(0, 1, -3),
    Float: pick(0, 1.25),
    Boolean: pick(true, false),
    ID: pick<unknown>('a', 7, ''),
  }
  return scalars[type.name] ?? pick('a', 'ünï"', '')
}

const SCALAR_LITERALS: Record<string, readonly string[]> = {
  DateTime: ['"2026-11-22T10:15:30Z"'],
  Int: ['0', '2', '-3'],
  Float: ['1', '2.5'],
  Boolean: ['true', 'false'],
  ID: ['7', '"i"'],
  String: ['"t"', '"""b\n  lock"""', '""', '"\\u00fc"'],
}

/** Writes arguments, and collects the variables that they use. */
function createArguments(random: Random) {
  const { below, pick, oneIn } = random
  const declared = new Map<string, string>()
  const variables: Record<string, unknown> = {}

  function literal(type: GraphQLInputType, canBeVariable: boolean): string {
    if (canBeVariable && oneIn(3)) return variable(type)
    if (isNonNullType(type)) return valueOf(type.ofType, canBeVariable)
    return oneIn(8) ? 'null' : valueOf(type, canBeVariable)
  }

  function valueOf(type: GraphQLInputType, canBeVariable: boolean): string {
    if (isListType(type)) {
      const item = () => literal(type.ofType, canBeVariable)
      return oneIn(5) ? literal(type.ofType, false) : `[${Array.from({ length: below(3) }, item).join(' ')}]`
    }
    if (isInputObjectType(type)) {
      const given = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) || oneIn(2))
      return `{${given.map((field) => `${field.name}: ${literal(field.type, canBeVariable)}`).join(' ')}}`
    }
    if (isEnumType(type)) return pick(...type.getValues().map(({ name }) => name))
    return pick(...(SCALAR_LITERALS[getNamedType(type).name] ?? ['""']))
  }

  function variable(type: GraphQLInputType): string {
    const name = oneIn(6) ? pick(...INHERITED_NAMES) : `v${declared.size}`
    if (declared.has(name)) return valueOf(isNonNullType(type) ? type.ofType : type, false)
    const fallback = oneIn(4) ? ` = ${literal(type, false)}` : ''
    const declaration = isNonNullType(type) && fallback && oneIn(2) ? type.ofType : type
    declared.set(name, `${String(declaration)}${fallback}`)
    const canBeOmitted = fallback !== '' || !isNonNullType(type) || oneIn(30)
    if (!canBeOmitted || oneIn(2)) variables[name] = jsonOf(type, random)
    return `$${name}`
  }

  return {
    variables,
    declarations: () => Array.from(declared, ([name, type]) => `$${name}: ${type}`).join(' '),
    of(all: readonly GraphQLArgument[]): string {
      const given = all.filter(
        ({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || oneIn(2),
      )
      return given.map(({ name, type }) => `${name}: ${literal(type, true)}`).join(' ')
    },
  }
}

/** One in `directives` documents has some. */
export function anyDocument(schema: GraphQLSchema, seed: number, { directives }: { directives: number }): AnyDocument {
  const random = createRandom(seed)
  const { below, pick, oneIn } = random
  const args = createArguments(random)
  const fragments: string[] = []
  const canHaveDirectives = oneIn(directives)
  let hasDirectives = false
  let serial = 0

  function directive(): string {
    if (!canHaveDirectives || !oneIn(5)) return ''
    hasDirectives = true
    return pick('@skip(if: false)', '@skip(if: true)', '@include(if: true)', '@include(if: false)')
  }

  function fragment(type: GraphQLNamedType, depth: number): string {
    const others = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? type.getInterfaces() : []
    const condition = pick<GraphQLNamedType>(type, ...others)
    const body = selection(condition, depth + 1)
    if (oneIn(2))
      return `... ${condition === type && oneIn(2) ? '' : `on ${condition.name}`} ${directive()} { ${body} }`
    const name = `F${serial++}`
    fragments.push(`fragment ${name} on ${condition.name} { ${body} }`)
    return `...${name} ${directive()} ${oneIn(4) ? `...${name}` : ''}`
  }

  function field(type: GraphQLNamedType, depth: number): string {
    if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`${type.name} has no fields.`)
    const picked = pick(...Object.values(type.getFields()))
    const named = getNamedType(picked.type)
    if (!isLeafType(named) && depth >= MAX_DEPTH) return `k${serial++}: __typename`
    const given = args.of(picked.args)
    const own = `k${serial++}: `
    // Without arguments, the same key can occur several times, also across fragments.
    const alias = given ? own : pick('', '', own, `${picked.name.toLowerCase()}: `)
    const inner = isLeafType(named) ? '' : `{ ${selection(named, depth + 1)} }`
    return `${alias}${picked.name}${given && `(${given})`} ${directive()} ${inner}`
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    const parts = Array.from({ length: 1 + below(5) }, (): string => {
      if (oneIn(10)) return `${pick('', `k${serial++}: `)}__typename ${directive()}`
      return oneIn(5) && depth <= MAX_DEPTH ? fragment(type, depth) : field(type, depth)
    })
    return parts.join(' ')
  }

  const kind = oneIn(3) ? 'mutation' : 'query'
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType()
  if (!root) throw new Error(`The schema has no ${kind}.`)
  const body = selection(root, 0)
  const declarations = args.declarations()
  const isOneOfTwo = oneIn(5)
  const operation = `${kind} ${isOneOfTwo ? 'First' : ''} ${declarations && `(${declarations})`} { ${body} }`
  return {
    source: `${operation} ${fragments.join(' ')} ${isOneOfTwo ? 'query Second { __typename }' : ''}`,
    operationName: isOneOfTwo ? 'First' : undefined,
    variables: args.variables,
    hasDirectives,
  }
}
