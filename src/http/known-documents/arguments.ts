// Prepares the arguments of a selected field: constants once per document, variables per request.
import {
  type ArgumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  isNonNullType,
  Kind,
  parseValue,
  print,
  type ValueNode,
  valueFromAST,
  visit,
} from 'graphql'
import type { Values } from './variables.js'

/** Returns the arguments for the coerced variables of a request. Throws if graphql-js would report an error. */
export type Arguments = (variables: Values) => Values

type SetArgument = (args: Record<string, unknown>, variables: Values) => void

/** The result equals that of `getArgumentValues` in graphql-js. */
export function planArguments(field: GraphQLField<unknown, unknown>, node: FieldNode): Arguments {
  const setters = field.args.flatMap((argument): SetArgument[] => {
    const given = node.arguments?.find(({ name }) => name.value === argument.name)
    if (given && usesVariables(given)) return [setterOf(argument, given.value)]
    const value: unknown = given ? valueFromAST(given.value, argument.type) : argument.defaultValue
    if (value === undefined && (given || isNonNullType(argument.type))) throw new Error('An argument is invalid.')
    return value === undefined ? [] : [setterOfConstant(argument.name, value)]
  })
  const argumentsOf = combine(setters)
  return node.arguments?.some(usesVariables) ? argumentsOf : constant(argumentsOf({}))
}

// Not inside of planArguments: the functions that a plan keeps must not capture the node, which belongs to its document.

const constant =
  (args: Values): Arguments =>
  () =>
    args

const combine =
  (setters: readonly SetArgument[]): Arguments =>
  (variables) => {
    const args: Record<string, unknown> = {}
    for (const set of setters) set(args, variables)
    return args
  }

const setterOfConstant =
  (name: string, value: unknown): SetArgument =>
  (args) => {
    args[name] = value
  }

function usesVariables(argument: ArgumentNode): boolean {
  let found = false
  visit(argument, {
    Variable() {
      found = true
    },
  })
  return found
}

function setterOf({ name, type, defaultValue }: GraphQLArgument, node: ValueNode): SetArgument {
  const isRequired = isNonNullType(type)
  const refuse = (): never => {
    throw new Error('A required argument is missing.')
  }

  if (node.kind === Kind.VARIABLE) {
    const variable = node.name.value
    return (args, variables) => {
      // Its name can be that of a property which every object has, such as toString.
      const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined
      // Coerced variables are null if the request says so, and undefined if it does not mention them.
      if (value === undefined) {
        if (defaultValue !== undefined) args[name] = defaultValue
        else if (isRequired) refuse()
      } else if (value === null && isRequired) refuse()
      else args[name] = value
    }
  }

  // Parsed again without locations, which would keep the tokens of the whole document in memory.
  const own = parseValue(print(node), { noLocation: true })
  return (args, variables) => {
    const value: unknown = valueFromAST(own, type, variables)
    args[name] = value === undefined ? refuse() : value
  }
}
