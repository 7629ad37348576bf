// The variables that say where each service is: AUTH_GRPC_URL for `auth`.
import { z } from 'zod'
import { services } from '../services.js'
import type { UpstreamAddress } from '../upstreams/address.js'

type Name = (typeof services)[number]['name']
type Variable = `${Uppercase<Name>}_GRPC_URL`

const variableOf = (name: Name) => `${name.toUpperCase()}_GRPC_URL` as Variable

/** Scheme, if there is one, and what gRPC calls the target. */
const FORM = /^(?:(https?):\/\/|(dns:\/\/\/))?((?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})\/?$/i

type Parsed = Pick<UpstreamAddress, 'target' | 'tls'>

function parse(text: string, context: z.RefinementCtx): Parsed {
  const [, scheme, , authority] = FORM.exec(text) ?? []
  if (authority !== undefined) return { target: `dns:///${authority}`, tls: scheme?.toLowerCase() === 'https' }
  context.addIssue('must be host:port, or https://host:port for TLS')
  return z.NEVER
}

const address = z.string().transform(parse)

export const upstreamVariables = Object.fromEntries(
  services.map(({ name, url }) => [
    variableOf(name),
    url === null ? address.optional() : z.string().default(url).transform(parse),
  ]),
) as unknown as Record<Variable, z.ZodType<Parsed | undefined>>

interface Access extends Record<Variable, Parsed | undefined> {
  GATEWAY_GRPC_CA?: string | undefined
  GATEWAY_GRPC_CERT?: string | undefined
  GATEWAY_GRPC_KEY?: string | undefined
}

/** The address of each service that there is, by its name. */
export function upstreamAddresses(access: Access): Readonly<Partial<Record<Name, UpstreamAddress>>> {
  const { GATEWAY_GRPC_CA: ca, GATEWAY_GRPC_CERT: certificate, GATEWAY_GRPC_KEY: key } = access
  return Object.fromEntries(
    services.flatMap(({ name }) => {
      const found = access[variableOf(name)]
      return found ? [[name, { ...found, ca, certificate, key }]] : []
    }),
  )
}

/** What the variables of TLS must agree on. */
export function tlsProblems(env: Readonly<Record<string, string | undefined>>): string[] {
  const has = (name: string) => env[name] !== undefined
  const tls = services.some(({ name }) => /^https:/i.test(env[variableOf(name)] ?? ''))
  const used = ['GATEWAY_GRPC_CA', 'GATEWAY_GRPC_CERT', 'GATEWAY_GRPC_KEY'].filter(has)
  return [
    ...(has('GATEWAY_GRPC_CERT') === has('GATEWAY_GRPC_KEY')
      ? []
      : ['GATEWAY_GRPC_CERT and GATEWAY_GRPC_KEY need each other']),
    ...(tls ? [] : used.map((name) => `${name} has no effect without TLS: write https:// in the URL of the service`)),
  ]
}
