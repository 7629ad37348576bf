// Finds how long the lists of the schema can be: the directive @listSize of base.graphql.
import { type ConstValueNode, Kind, parse, visit } from 'graphql'

export interface ListSize {
  /** Without any of the arguments. */
  assumed: number
  most: number
  /** The arguments that set it. */
  by: readonly string[]
}

/** By the name of the field. Lists of the same name are as long as each other. */
export function declaredListSizes(sdl: readonly string[]): Map<string, ListSize> {
  const found = new Map<string, ListSize>()
  for (const text of sdl) {
    visit(parse(text), {
      FieldDefinition({ name, directives = [] }) {
        const given = directives.find((directive) => directive.name.value === 'listSize')?.arguments
        if (!given) return
        const valueOf = (argument: string) => given.find(({ name: { value } }) => value === argument)?.value
        const assumed = numberIn(valueOf('assumed')) ?? 1
        const most = numberIn(valueOf('most')) ?? assumed
        found.set(name.value, { assumed, most, by: textsIn(valueOf('by')) })
      },
    })
  }
  return found
}

const numberIn = (value: ConstValueNode | undefined): number | null =>
  value?.kind === Kind.INT ? Number(value.value) : null

const textsIn = (value: ConstValueNode | undefined): string[] =>
  value?.kind === Kind.LIST ? value.values.flatMap((item) => (item.kind === Kind.STRING ? [item.value] : [])) : []
