// Reads the URL of Redis, for the service and its validators: one server, nodes of a cluster, or Sentinels.

export interface RedisAddress {
  readonly host: string
  readonly port: number
}

/** What a URL says about Redis. */
export interface RedisTarget {
  /** One server. With `sentinel`, the Sentinels; for a cluster, any of its nodes. At least one. */
  readonly addresses: readonly RedisAddress[]
  readonly tls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** Which IP addresses of a host name are used; 0: both. */
  readonly family: 0 | 4 | 6
  /** The name of the primary that the Sentinels watch, and how they authenticate their clients. */
  readonly sentinel: {
    readonly name: string
    readonly username: string | undefined
    readonly password: string | undefined
  } | null
}

/** Completes a sentence that starts with the name of the setting. It repeats no value. */
export interface RedisUrlProblem {
  readonly problem: string
}

const FORM = 'must be redis://:password@host:port, rediss://… for TLS, or redis+sentinel://host:port,host:port/name'

/** Scheme, user info, hosts, path, query, fragment. */
const PARTS = /^(rediss?)(\+sentinel)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i

/** What users of other clients write, and what to write instead. */
const ADVICE = new Map([
  ...['db', 'database'].map((name) => [name, 'write the number of the database as the path: /1'] as const),
  ...['password', 'username'].map((name) => [name, 'write redis://username:password@host'] as const),
  ...['tls', 'ssl'].map((name) => [name, 'write rediss:// for TLS'] as const),
])

const SENTINEL_PARAMETERS = ['sentinel_username', 'sentinel_password']

/** Several URLs, or several hosts in one, are separated by commas. They must agree in everything but their hosts. */
export function parseRedisUrl(text: string): RedisTarget | RedisUrlProblem {
  const [first, ...others] = text.split(/,(?=[a-z+]+:\/\/)/i).map(parseOne)
  if (!first || 'problem' in first) return first ?? { problem: FORM }
  const addresses = [...first.addresses]
  for (const other of others) {
    if ('problem' in other) return other
    if (other.tls !== first.tls) return { problem: 'must not mix redis:// and rediss://' }
    const rest = (target: RedisTarget) => JSON.stringify({ ...target, addresses: [] })
    if (rest(other) !== rest(first)) return { problem: 'must have the same user, password and path in all of its URLs' }
    addresses.push(...other.addresses)
  }
  return { ...first, addresses }
}

function parseOne(text: string): RedisTarget | RedisUrlProblem {
  const [, scheme = '', sentinels, userInfo, hosts = '', path = '', query = '', fragment] = PARTS.exec(text) ?? []
  if (scheme === '') return { problem: FORM }
  // A host is never followed by @: this is a password with a character that ends the host.
  if (fragment !== undefined || (userInfo === undefined && /@/.test(path + query)))
    return { problem: 'must write %2F for /, %3F for ? and %23 for # in the user name and the password' }
  const addresses = hosts.split(',').map((host) => address(host, sentinels ? 26_379 : 6379))
  if (!addresses.every((one) => one !== null)) return { problem: FORM }
  const colon = userInfo?.indexOf(':') ?? -1
  const username = decode(colon < 0 ? userInfo : userInfo?.slice(0, colon))
  const password = decode(colon < 0 ? undefined : userInfo?.slice(colon + 1))
  const segments = path.split('/').slice(1).map(decode)
  if ([username, password, ...segments].includes(null))
    return { problem: 'must write %25 for % in the user name, the password and the path' }
  const name = sentinels ? segments.shift() : undefined
  if (sentinels && !name)
    return { problem: 'must name the primary after the Sentinels: redis+sentinel://host:26379/mymaster' }
  const [database = '', ...more] = segments
  if (!/^\d{0,6}$/.test(database ?? '') || more.length > 0)
    return { problem: 'must end with the number of a database, such as /0, or without a path' }
  const parameters = readParameters(query, sentinels !== undefined)
  if ('problem' in parameters) return parameters
  return {
    addresses,
    tls: scheme.toLowerCase() === 'rediss',
    username: username || undefined,
    password: password || undefined,
    database: Number(database),
    family: parameters.family,
    sentinel: name ? { name, username: parameters.username, password: parameters.password } : null,
  }
}

function address(text: string, defaultPort: number): RedisAddress | null {
  const [, bracketed, name, digits = ''] = /^(?:\[([\da-f:.]+)\]|([^\s[\]:%]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = bracketed ?? name
  const port = digits === '' ? defaultPort : Number(digits)
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : null
}

/** Null if a percent sign encodes nothing. */
function decode(text: string | undefined): string | undefined | null {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return null
  }
}

/** False for what may be a part of a password in which @, ? or & is not encoded. */
const isName = (name: string, query: string): boolean => /^[a-z][\w-]{0,39}$/i.test(name) && !/@|password/i.test(query)

type Parameters = { family: 0 | 4 | 6; username: string | undefined; password: string | undefined }

function readParameters(query: string, sentinels: boolean): Parameters | RedisUrlProblem {
  const given = new URLSearchParams(query)
  const known = ['family', ...(sentinels ? SENTINEL_PARAMETERS : [])]
  const unknown = [...given.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const advice = ADVICE.get(unknown.toLowerCase())
    if (advice === undefined && !isName(unknown, query))
      return { problem: `has an unknown parameter; write %40 for @, %3F for ? and %26 for & in a password` }
    return { problem: `has an unknown parameter, ${unknown}; ${advice ?? `known: ${known.join(', ')}`}` }
  }
  const family = Number(given.get('family') ?? 0)
  if (family !== 0 && family !== 4 && family !== 6) return { problem: 'has a family that is not 0, 4 or 6' }
  const of = (name: string) => given.get(name) || undefined
  return { family, username: of('sentinel_username'), password: of('sentinel_password') }
}
