// The variables that say where each service is: AUTH_GRPC_URL for `auth`.
import { z } from 'zod'
import { services } from '../services.js'
import type { UpstreamAddress } from '../upstreams/address.js'

type Name = (typeof services)[number]['name']
type Variable = `${Uppercase<Name>}_GRPC_URL`

const variableOf = (name: Name) => `${name.toUpperCase()}_GRPC_URL` as Variable

/** Scheme, if there is one, and what gRPC calls the target. */
const FORM = /^(?:(https?):\/\/|(dns:\/\/\/))?((?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})\/?$/i

function parse(text: string, context: z.RefinementCtx): Pick<UpstreamAddress, 'target' | 'tls'> {
  const [, scheme, , authority] = FORM.exec(text) ?? []
  if (authority !== undefined) return { target: `dns:///${authority}`, tls: scheme?.toLowerCase() === 'https' }
  context.addIssue('must be host:port, or https://host:port for TLS')
  return z.NEVER
}

export const upstreamVariables = Object.fromEntries(
  services.map(({ name, url }) => [variableOf(name), z.string().default(url).transform(parse)]),
) as unknown as Record<Variable, z.ZodType<Pick<UpstreamAddress, 'target' | 'tls'>>>

interface Access extends Record<Variable, Pick<UpstreamAddress, 'target' | 'tls'>> {
  GATEWAY_GRPC_CA?: string | undefined
  GATEWAY_GRPC_CERT?: string | undefined
  GATEWAY_GRPC_KEY?: string | undefined
}

/** The address of each service, by its name. */
export const upstreamAddresses = (access: Access): Readonly<Record<Name, UpstreamAddress>> =>
  Object.fromEntries(
    services.map(({ name }) => [
      name,
      {
        ...access[variableOf(name)],
        ca: access.GATEWAY_GRPC_CA,
        certificate: access.GATEWAY_GRPC_CERT,
        key: access.GATEWAY_GRPC_KEY,
      },
    ]),
  ) as Record<Name, UpstreamAddress>

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
