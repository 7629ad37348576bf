// Creates the context of a call: who the caller is, and what services need to know of them. It is that of resolvers, and keeps
// its name: nothing in it depends on GraphQL.
import { dpopToken } from '@postern/contract/bearer'
import { type CallHead, type IncomingCall, textOf } from '@postern/service/grpc/metadata'
import { createContext, type GraphQLContext, type Identification } from '../resolvers/context.js'
import type { Services } from '../resolvers/index.js'
import type { CheckProof, ProvenKey } from '../services/tokens/index.js'

export function createCallContexts(services: Identification & Pick<Services, 'checkProof'>) {
  /** `createSignal`: a signal that aborts when the call's deadline has passed, or its client has canceled it. */
  return (call: IncomingCall, head: CallHead, createSignal: () => AbortSignal): GraphQLContext => {
    const { metadata } = call
    const { facts, gateway } = head
    return createContext(services, {
      authorization: textOf(metadata, 'authorization'),
      cookies: null,
      checkProof: proofCheckOf(call, head, services.checkProof),
      ipAddress: facts.address,
      userAgent: gateway ? (gateway.userAgent ?? undefined) : textOf(metadata, 'user-agent'),
      requestId: facts.requestId,
      createSignal,
      // A call is one operation, so its user is read once.
      isQuery: () => true,
      onUser: (userId) => {
        facts.userId = userId
      },
    })
  }
}

/**
 * A proof is for what the client has sent: the HTTP request to the gateway, or else the call, which is a POST to
 * `https://<host>/<service>/<method>`. Null without one.
 */
function proofCheckOf(
  call: IncomingCall,
  { gateway, host }: CallHead,
  checkProof: CheckProof,
): (() => Promise<ProvenKey>) | null {
  const proof = textOf(call.metadata, 'dpop')
  if (proof === undefined) return null
  const token = dpopToken(textOf(call.metadata, 'authorization'))
  if (!gateway) return () => checkProof({ proof, method: 'POST', host: host(), path: call.getPath(), token })
  const { method, url } = gateway.http
  const { host: called, pathname = '' } = URL.parse(url) ?? {}
  return () => checkProof({ proof, method, host: called, path: pathname, token })
}
