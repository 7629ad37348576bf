// A browser for sign-ins at providers: it keeps cookies, and follows redirects as a navigation does.
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

/** Where the service says that its pages are. Requests to it go to the service of the test. */
export const APP_URL = 'https://auth.example.com'

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }

export type OAuthBrowser = ReturnType<typeof createOAuthBrowser>

export function createOAuthBrowser(serviceUrl: string) {
  /** By host, as nothing here has another path or domain. */
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: URL) => {
    let jar = jars.get(url.host)
    if (!jar) jars.set(url.host, (jar = new Map()))
    return jar
  }
  const actual = (address: string) =>
    address.startsWith(APP_URL) ? serviceUrl + address.slice(APP_URL.length) : address

  /** One request, without following a redirect. */
  async function get(address: string, headers: Record<string, string> = {}) {
    const url = new URL(actual(address))
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    // Not fetch: it says that it is no navigation.
    const outgoing = request(url, { headers: { ...NAVIGATION, ...(cookie && { cookie }), ...headers } }).end()
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    const setCookies = response.headers['set-cookie'] ?? []
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    const { location = null } = response.headers
    return {
      ...{ status: response.statusCode, headers: response.headers, setCookies, body: await text(response) },
      location: location && new URL(location, address).href,
    }
  }

  return {
    get,

    /** Follows redirects until the next address starts with `end`, and returns that address without visiting it. */
    async follow(address: string, end: string): Promise<string> {
      let next = address
      for (let hops = 0; hops < 12; hops++) {
        const { location, status, body } = await get(next)
        if (location === null) throw new Error(`No redirect at ${next}: ${status} ${body.slice(0, 300)}`)
        if (location.startsWith(end)) return location
        next = location
      }
      throw new Error('The redirects have no end.')
    },

    /** A cookie that the service has set. */
    cookie: (name: string): string | undefined => jarOf(new URL(serviceUrl)).get(name),
    setCookie: (name: string, value: string) => jarOf(new URL(serviceUrl)).set(name, value),
    forget: () => jars.clear(),
  }
}
