// Sends requests over HTTP to addresses that an administrator has typed, and never to a private network.
import { lookup } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { createNameResolver } from './names.js'
import { isPublicAddress } from './public-addresses.js'

/** For everything together: the name, the connection, TLS, the request and the response. */
export const REQUEST_TIMEOUT_MS = 10_000

/** As much of a response as is read. */
const MAX_RESPONSE_BYTES = 4096

/** A URL as it is stored. */
const MAX_URL_LENGTH = 2048

export type OutboundProblem = 'FORBIDDEN' | 'TIMEOUT' | 'UNREACHABLE'

/** There is no response. The message is fit for an administrator and contains nothing that the other side sent. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure'
  /** FORBIDDEN: nothing was sent, because the address is none of the public internet. */
  readonly problem: OutboundProblem

  constructor(problem: OutboundProblem, message: string, cause?: unknown) {
    super(message, { cause })
    this.problem = problem
  }
}

export interface OutboundRequest {
  method: 'GET' | 'POST'
  headers?: Readonly<Record<string, string>>
  body?: string | Uint8Array
  /** Ends the request early. */
  signal?: AbortSignal
}

export interface OutboundResponse {
  status: number
  /** The header Retry-After, as it was sent. */
  retryAfter: string | undefined
  /** Its beginning. */
  body: string
}

export type OutboundRequests = ReturnType<typeof createOutboundRequests>

interface Options {
  /** Names or addresses, as they stand in a URL: private addresses, plain HTTP and any port are allowed for these. */
  allowedHosts: readonly string[]
  /** All addresses of a name. By default the system knows those of exceptions and those without a dot, and name servers all others. */
  resolve?: (host: string) => Promise<LookupAddress[]>
  /** By default those of the system. */
  nameServers?: readonly string[]
  /** The only trusted authorities. By default those of Node.js, with NODE_EXTRA_CA_CERTS. */
  ca?: string
  timeoutMs?: number
}

/** The host of a URL as a name to resolve or an address to connect to. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

export function createOutboundRequests({
  allowedHosts,
  resolve: given,
  nameServers,
  ca,
  timeoutMs = REQUEST_TIMEOUT_MS,
}: Options) {
  const allowed = new Set(allowedHosts.map((host) => bare(host.toLowerCase())))
  const byNameServers = createNameResolver(nameServers)
  /** The operator names exceptions, also in /etc/hosts. Of all other names, whoever types them can choose how long they take. */
  const resolve =
    given ??
    ((host: string) => (allowed.has(host) || !host.includes('.') ? lookup(host, { all: true }) : byNameServers(host)))

  /** What is wrong with a URL, as the end of a sentence about it, or null. Names are resolved only when a request is sent. */
  function problemOf(text: string): string | null {
    const url = text.length <= MAX_URL_LENGTH ? URL.parse(text) : null
    if (!url || !/^https?:\/\//i.test(text)) return `must be a URL of at most ${MAX_URL_LENGTH} characters`
    if (url.username || url.password) return 'must not contain a user name or a password'
    if (url.hash) return 'must not contain a fragment'
    const host = bare(url.hostname)
    if (allowed.has(host)) return null
    if (url.protocol !== 'https:') return 'must start with https://'
    if (url.port && Number(url.port) < 1024) return 'must use port 443, or one from 1024 on'
    if (isIP(host) && !isPublicAddress(host)) return 'must not be an address of a private network'
    return null
  }

  /** All addresses must be public. The connection uses these and does not resolve the name again. */
  async function permitted(host: string): Promise<LookupAddress[]> {
    const addresses = await resolve(host)
    if (addresses.length === 0) throw new OutboundFailure('UNREACHABLE', 'The host has no address.')
    if (!allowed.has(host) && !addresses.every(({ address }) => isPublicAddress(address)))
      throw new OutboundFailure('FORBIDDEN', 'The host has an address of a private network.')
    return addresses
  }

  const lookupPermitted: LookupFunction = (host, { all }, callback) => {
    permitted(host).then(
      (addresses) => {
        if (all) callback(null, addresses)
        else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    )
  }

  function open(url: URL, { method, headers, body }: OutboundRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    return new Promise((settle, reject) => {
      // No agent: no connection that was opened for another request, and no proxy of the environment.
      request(url, {
        ...{ method, headers: { 'user-agent': 'Postern', ...headers, ...length }, signal, agent: false },
        lookup: lookupPermitted,
        ...(ca !== undefined && { ca }),
      })
        .on('response', settle)
        .on('error', reject)
        // A response that changes the protocol is none.
        .on('close', () => reject(new Error('The connection was closed without a response.')))
        .end(body)
    })
  }

  /** Follows no redirect: it is a response like any other. Throws an {@link OutboundFailure}. */
  async function send(text: string, options: OutboundRequest): Promise<OutboundResponse> {
    // The rules can have changed since the URL was stored.
    const problem = problemOf(text)
    if (problem !== null) throw new OutboundFailure('FORBIDDEN', `The URL ${problem}.`)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout
    try {
      const response = await open(new URL(text), options, signal)
      const { statusCode: status = 0, headers } = response
      return { status, retryAfter: headers['retry-after'], body: await beginningOf(response) }
    } catch (error) {
      if (error instanceof OutboundFailure) throw error
      if (timeout.aborted) throw new OutboundFailure('TIMEOUT', `No response within ${timeoutMs / 1000} s.`)
      throw new OutboundFailure('UNREACHABLE', describe(error), error)
    }
  }

  return {
    problemOf,
    send,
    /** Whether the host of a URL is one of `allowedHosts`, which are for URLs of administrators. */
    isException: (text: string): boolean => allowed.has(bare(URL.parse(text)?.hostname ?? '')),
  }
}

/** Never rejects: the status counts, even if the rest does not come. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    // Leaving the loop closes the connection.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= MAX_RESPONSE_BYTES) break
    }
  } catch {
    // The time is over, or the connection is lost.
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_RESPONSE_BYTES)
}

/** Only codes of Node.js and OpenSSL: a message could contain what the other side sent. */
function describe(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return `The host can't be reached${typeof code === 'string' ? ` (${code})` : ''}.`
}
