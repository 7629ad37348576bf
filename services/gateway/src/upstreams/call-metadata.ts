// The metadata of a call to a service: nothing becomes metadata but what is listed here, whatever headers a client sends.
import { Metadata } from '@grpc/grpc-js'
import type { DescMethod } from '@bufbuild/protobuf'
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import { CALLER_METADATA, type GatewayCaller, type SignCaller } from '@postern/contract/caller'
import { rpcPathOf } from '@postern/proto/grpc-service'
import type { Auth } from '@postern/session'
import type { FastifyRequest } from 'fastify'
import { pathOf } from '../routes/match.js'

/** What a client may send to a service as it is, and the form that it must have. */
const PASSED_ON: readonly (readonly [name: string, form: RegExp])[] = [
  // A compact JWS.
  ['dpop', /^[\w.-]{1,8192}$/],
  // W3C Trace Context.
  ['traceparent', /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/],
  ['tracestate', /^[\x20-\x7e]{1,512}$/],
]

const MAX_USER_AGENT = 512

export type CallMetadata = (request: FastifyRequest, method: DescMethod) => Metadata

/**
 * `sign` makes the metadata that says who calls: services trust it, and nothing else that a client could have sent. `urls`: where
 * clients reach the gateway.
 */
export function createCallMetadata(sign: SignCaller, urls: readonly string[]): CallMetadata {
  const baseOf = createBaseReader(urls)
  return (request, method) => {
    const { headers, facts } = request
    const metadata = new Metadata()
    for (const [name, form] of PASSED_ON) {
      const value = headers[name]
      if (typeof value === 'string' && form.test(value)) metadata.set(name, value)
    }
    const credentials = credentialsOf(headers.authorization)
    if (credentials !== null) metadata.set('authorization', credentials)
    metadata.set('x-request-id', facts.requestId)
    metadata.set(CALLER_METADATA, sign(rpcPathOf(method), callerOf(request, baseOf(facts.host))))
    return metadata
  }
}

/** In one spelling, so that the service reads the same token as the gateway. Null for anything but a token. */
function credentialsOf(authorization: string | undefined): string | null {
  const [scheme, token] = usesDpop(authorization)
    ? ['DPoP', dpopToken(authorization)]
    : ['Bearer', bearerToken(authorization)]
  return token !== null && /^[\x21-\x7e]{1,8192}$/.test(token) ? `${scheme} ${token}` : null
}

const callerOf = ({ method, url, headers, facts }: FastifyRequest, base: string): GatewayCaller => ({
  user: facts.auth && userOf(facts.auth),
  address: facts.address,
  userAgent: headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null,
  requestId: facts.requestId,
  http: { method, url: base + pathOf(url) },
})

/** By which of its URLs a client has reached the gateway. The first one if a proxy does not say. */
function createBaseReader(urls: readonly string[]): (host: string | undefined) => string {
  const bases = urls.map((url) => {
    const { protocol, host } = new URL(url)
    return { base: url.replace(/\/$/, ''), protocol, host }
  })
  return (given = '') => {
    // `API.example.com:443` is api.example.com, if that is a URL with https.
    const called = bases.find(({ protocol, host }) => URL.parse(`${protocol}//${given}`)?.host === host)
    return (called ?? bases[0])?.base ?? `http://${given}`
  }
}

const userOf = ({ userId, sessionId, roles, amr, authTime }: Auth) => ({
  id: userId,
  sessionId,
  roles,
  amr,
  authTime: authTime && Math.floor(authTime.getTime() / 1000),
})
