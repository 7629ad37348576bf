// Finds the limits that the schema declares: the directive @rateLimit of base.graphql.
import { type ConstDirectiveNode, Kind, parse, visit } from 'graphql'

export type RateLimitScope = 'ADDRESS' | 'USER' | 'ACCOUNT' | 'SESSION'

/** At most `limit` calls of an operation in so many seconds. */
export interface DeclaredLimit {
  operation: string
  limit: number
  seconds: number
  per: readonly RateLimitScope[]
  /** Whether it is marked `@hot`. */
  isHot: boolean
}

export function declaredLimits(sdl: readonly string[]): DeclaredLimit[] {
  const found: DeclaredLimit[] = []
  for (const text of sdl) {
    visit(parse(text), {
      FieldDefinition({ name, directives = [] }) {
        const isHot = directives.some((directive) => directive.name.value === 'hot')
        for (const directive of directives)
          if (directive.name.value === 'rateLimit')
            found.push({ operation: name.value, isHot, ...argumentsOf(directive) })
      },
    })
  }
  return found
}

/** Apollo Server has checked, or will check, that the arguments match the directive. */
function argumentsOf({ arguments: given = [] }: ConstDirectiveNode) {
  const valueOf = (name: string) => given.find((argument) => argument.name.value === name)?.value
  const number = (name: string): number => {
    const value = valueOf(name)
    return value?.kind === Kind.INT ? Number(value.value) : 0
  }
  const per = valueOf('per')
  const scopes = per?.kind === Kind.LIST ? per.values : [per]
  return {
    limit: number('limit'),
    seconds: number('duration'),
    per: scopes.flatMap((scope) => (scope?.kind === Kind.ENUM ? [scope.value as RateLimitScope] : [])),
  }
}
