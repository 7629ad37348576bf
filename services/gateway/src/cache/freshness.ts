// The headers of a response that anyone may keep (RFC 9111), and 304 for a client that has it.
import { createHash } from 'node:crypto'
import { hasCurrent } from '@postern/service/etag'
import type { UpstreamResponse } from '@postern/service/grpc/upstream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What a response of an RPC with a cache policy says about its age. */
export interface Freshness {
  readonly ageSeconds: number
  readonly maxAgeSeconds: number
  /** Older than it should be, because the service did not answer. */
  readonly isStale: boolean
}

/** A response that may have been kept. */
export interface KeptResponse extends UpstreamResponse {
  /** Of a response that anyone may keep. */
  readonly freshness?: Freshness
}

/** Of 22 characters: 132 bits. */
const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`

export function sendFresh(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string,
  { ageSeconds, maxAgeSeconds, isStale }: Freshness,
): FastifyReply {
  const etag = etagOf(body)
  void reply.headers({ etag, age: String(ageSeconds), 'cache-control': `public, max-age=${maxAgeSeconds}` })
  // Of this client, and others may get the same response from a cache between them and the gateway.
  for (const name of ['ratelimit', 'ratelimit-policy', 'x-request-id']) void reply.removeHeader(name)
  if (isStale) void reply.header('warning', '111 - "Revalidation Failed"')
  return hasCurrent(request, etag) ? reply.code(304).send() : reply.send(body)
}
