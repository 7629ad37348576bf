// The variables that say where each service is: AUTH_GRPC_URL for `auth`.
import type { z } from 'zod'
import { serviceAddress, type ServiceAddress } from '@postern/service/service-address'
import { services } from '../services.js'
import type { UpstreamAddress } from '@postern/service/grpc/address'

type Name = (typeof services)[number]['name']
type Variable = `${Uppercase<Name>}_GRPC_URL`

const variableOf = (name: Name) => `${name.toUpperCase()}_GRPC_URL` as Variable

export const upstreamVariables = Object.fromEntries(
  services.map(({ name, url }) => [
    variableOf(name),
    url === null ? serviceAddress.optional() : serviceAddress.prefault(url),
  ]),
) as unknown as Record<Variable, z.ZodType<ServiceAddress | undefined>>

interface Access extends Record<Variable, ServiceAddress | undefined> {
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
