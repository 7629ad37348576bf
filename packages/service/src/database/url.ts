// Reads the URL of a database, and says what is wrong with it.
import { decode, type DatabaseParameters, readParameters } from './url-parameters.js'

export interface DatabaseUrl extends DatabaseParameters {
  host: string
  port: number
  user: string
  password: string
  database: string
}

const FORM = 'mysql://user:password@host:3306/database'
const ENCODING = 'In the user name and password, write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25'

/** Problems continue a sentence that starts with the name of the variable, and contain no value. */
export function readDatabaseUrl(text: string): { url: DatabaseUrl } | { problems: string[] } {
  if (!/^(?:mysql|mariadb):\/\//i.test(text)) return { problems: [`must start with mysql:// or mariadb://: ${FORM}`] }
  // The parser of URLs drops these in silence.
  if (/[\t\r\n]/.test(text.trim())) return { problems: ['contains a line break or a tab'] }
  const port = /^[^:]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(text)?.[1]
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return { problems: ['has a port that is not from 1 to 65535'] }
  const parsed = URL.parse(text)
  if (!parsed) return { problems: [`must be ${FORM}. ${ENCODING}`] }
  const structure = structureProblem(parsed, text)
  if (structure) return { problems: [structure] }

  const [user, password, database] = [parsed.username, parsed.password, parsed.pathname.slice(1)].map(decode)
  if (user === undefined || password === undefined || database === undefined)
    return { problems: [`has a % that encodes nothing. ${ENCODING}`] }
  if (`${user}${password}${database}`.includes('\0')) return { problems: ['contains %00'] }
  const { parameters, problems } = readParameters(parsed.search.slice(1))
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  if (parameters.socketPath !== undefined && host !== 'localhost')
    problems.push('has a socket, so its host must be localhost')
  if (parameters.socketPath !== undefined && parameters.tls !== undefined && parameters.tls !== 'off')
    problems.push('has a socket, which never leaves the machine, and asks for TLS. Remove one of them')
  if (problems.length > 0) return { problems }
  return { url: { host, port: Number(parsed.port || 3306), user, password, database, ...parameters } }
}

function structureProblem({ hostname, username, pathname, search }: URL, text: string): string | undefined {
  // A password that is not encoded can contain these. Then no part of the URL is what it seems to be.
  if (text.includes('#') || `${pathname}${search}`.includes('@') || pathname.slice(1).includes('/'))
    return `must be ${FORM}. ${ENCODING}`
  if (pathname.length < 2) return `names no database: ${FORM}`
  if (/%2f/i.test(hostname))
    return 'names a socket as its host; write mysql://user:password@localhost/database?socket=/…'
  if (hostname === '' || hostname.includes('%')) return `names no valid host: ${FORM}`
  if (username === '') return `names no user: ${FORM}`
  return undefined
}
