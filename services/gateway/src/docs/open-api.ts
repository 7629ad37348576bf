// Serves the OpenAPI document, which the build makes from the annotations and comments of the protos.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hasCurrent } from '@postern/service/etag'
import { packageFolder } from '@postern/service/package-folder'
import type { FastifyInstance } from 'fastify'
import { servedDocument } from './served-document.js'

const FILE = new URL('generated/openapi.json', packageFolder(import.meta.url))

/** `services`: those behind the gateway. */
export function addOpenApi(http: FastifyInstance, services: ReadonlySet<string>): void {
  const everything = JSON.parse(readFileSync(FILE, 'utf8')) as Parameters<typeof servedDocument>[0]
  // Without the line breaks that its diffs need.
  const document = JSON.stringify(servedDocument(everything, services))
  const etag = `"${createHash('sha256').update(document).digest('base64url')}"`

  http.get('/openapi.json', (request, reply) => {
    void reply.header('etag', etag).header('cache-control', 'no-cache')
    return hasCurrent(request, etag) ? reply.code(304).send() : reply.type('application/json').send(document)
  })
}
