import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { LOGIN, type Account, type GraphQLAnswer } from './client.js'

export const ACCESS = '__Host-postern-access'
export const REFRESH = '__Host-postern-refresh'
export const DEVICE = '__Host-postern-device'

export type Headers = Record<string, string>

/** The cookies that a browser keeps from Set-Cookie headers. */
const cookiesOf = (setCookie: string[]): Map<string, string> =>
  new Map(setCookie.map((line) => /^([^=]+)=([^;]*)/.exec(line)?.slice(1, 3) as [string, string]))

/** Sends a request with any headers, including Host, and returns the cookies that the response sets. */
export async function send(
  url: string,
  query: string,
  { headers = {}, variables = {}, method = 'POST' }: { headers?: Headers; variables?: object; method?: string } = {},
) {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) }).toString()
  const outgoing = request(`${url}/graphql${method === 'GET' ? `?${search}` : ''}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
  })
  outgoing.end(method === 'POST' ? JSON.stringify({ query, variables }) : undefined)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const { data, errors } = JSON.parse(await text(response)) as Partial<GraphQLAnswer>
  const setCookie = response.headers['set-cookie'] ?? []
  const code = errors?.[0]?.extensions.code
  return {
    status: response.statusCode,
    headers: response.headers,
    data,
    code,
    setCookie,
    cookies: cookiesOf(setCookie),
  }
}

/** The headers of a request from a page's script. */
export const page = (origin: string): Headers => ({ origin, 'x-postern-cookies': '1' })

/** Signs in from a page, and returns the Cookie header that its browser sends from then on. */
export async function signInFrom(url: string, headers: Headers, { email, password }: Account) {
  const answer = await send(url, LOGIN, { headers, variables: { input: { email, password } } })
  const access = answer.cookies.get(ACCESS) ?? ''
  const refresh = answer.cookies.get(REFRESH) ?? ''
  return { ...answer, access, refresh, cookie: `${ACCESS}=${access}; ${REFRESH}=${refresh}` }
}
