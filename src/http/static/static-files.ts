import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** What a build may have put beside a file, the smaller first. */
const compressions = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
] as const

interface Compressed {
  readonly encoding: string
  readonly body: Buffer
}

export interface StaticFile {
  readonly body: Buffer
  readonly compressed: readonly Compressed[]
  readonly etag: string
}

/** Reads a whole folder once: a look-up in a map cannot leave its folder. */
export function readFiles(directory: string): Map<string, StaticFile> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bodies = new Map(
    entries.map((entry) => {
      const path = `${entry.parentPath}${sep}${entry.name}`
      return [relative(directory, path).replaceAll(sep, '/'), readFileSync(path)]
    }),
  )
  const isCopy = (name: string) => compressions.some(({ ending }) => name.endsWith(ending))
  return new Map(
    [...bodies].flatMap(([name, body]) => {
      if (isCopy(name)) return []
      const compressed = compressions.flatMap(({ encoding, ending }) => {
        const copy = bodies.get(`${name}${ending}`)
        return copy ? [{ encoding, body: copy }] : []
      })
      return [[name, fileOf(body, compressed)] as const]
    }),
  )
}

export function fileOf(body: Buffer, compressed: readonly Compressed[] = []): StaticFile {
  // Weak: the compressed forms share it.
  return { body, compressed, etag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/** Answers requests with files of `files`, under a content security policy; what is not there is a 404 as any other. */
export function createFileSender(files: ReadonlyMap<string, StaticFile>, contentSecurityPolicy: string) {
  return (request: FastifyRequest, reply: FastifyReply, name: string): FastifyReply => {
    const file = files.get(name)
    if (!file) {
      // While one version replaces another, what one of them has not the other has: no cache may keep that.
      void reply.header('cache-control', 'no-store')
      reply.callNotFound()
      return reply
    }
    void reply.headers({
      // Everything below assets/ carries a hash of its content in its name.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-resource-policy': 'same-origin',
      etag: file.etag,
      'referrer-policy': 'no-referrer',
      vary: 'Accept-Encoding, Origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    if (listed(request.headers['if-none-match']).includes(file.etag)) return reply.code(304).send()
    const accepted = acceptedEncodings(request.headers['accept-encoding'])
    const copy = file.compressed.find(({ encoding }) => accepted.has(encoding))
    if (copy) void reply.header('content-encoding', copy.encoding)
    return reply.type(contentTypes[extname(name)] ?? 'application/octet-stream').send(copy?.body ?? file.body)
  }
}

const listed = (header = ''): string[] => header.split(',').map((item) => item.trim())

/** Those named, and not refused by a q of zero (RFC 9110, 12.5.3). */
function acceptedEncodings(header: string | undefined): Set<string> {
  return new Set(
    listed(header).flatMap((item) => {
      const [encoding = '', ...parameters] = item.toLowerCase().split(/\s*;\s*/)
      return parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) ? [] : [encoding]
    }),
  )
}
