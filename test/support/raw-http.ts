import http from 'node:http'

export interface RawRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export interface RawAnswer {
  status: number | undefined
  /** Alternating names and values as received, without the date. */
  headers: string[]
  body: string
}

/** Sends one request, by default on its own connection, and returns everything that a client can see. */
export function sendRaw(
  url: string,
  { method, path, headers, body }: RawRequest,
  agent: http.Agent | false = false,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const all = { host: 'postern.example.com', 'x-request-id': 'the-same-for-all', ...headers }
    const request = http.request(url + path, { method, headers: all, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status, rawHeaders } = response
        resolve({
          status,
          headers: rawHeaders.toSpliced(rawHeaders.indexOf('Date'), 2),
          body: Buffer.concat(chunks).toString(),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** A GraphQL request such as frontends send. */
export const rawPost = (body: unknown, headers: Record<string, string> = {}): RawRequest => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
