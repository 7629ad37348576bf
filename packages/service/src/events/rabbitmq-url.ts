// Reads RABBITMQ_URL, and says what is wrong with it.
import { decode } from '../database/url-parameters.js'

export interface RabbitmqTarget {
  host: string
  port: number
  user: string
  password: string
  vhost: string
  tls: boolean
}

const FORM = 'amqps://user:password@host:5671/vhost'
const ENCODING = 'In the user name, password and vhost, write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25'
const PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'amqps:': 5671 }
const VHOST = '/'

/** The problem continues a sentence that starts with the name of the variable, and contains no value. */
export function readRabbitmqUrl(text: string): RabbitmqTarget | { problem: string } {
  if (!/^amqps?:\/\//i.test(text)) return { problem: `must start with amqp:// or amqps://: ${FORM}` }
  // The parser of URLs drops these in silence.
  if (/[\t\r\n]/.test(text)) return { problem: 'contains a line break or a tab' }
  const parsed = URL.parse(text)
  if (!parsed || text.includes('#') || text.includes('?')) return { problem: `must be ${FORM}. ${ENCODING}` }
  const { protocol, hostname, port, pathname } = parsed
  if (pathname.slice(1).includes('/') || pathname.includes('@')) return { problem: `must be ${FORM}. ${ENCODING}` }
  if (hostname === '') return { problem: `names no host: ${FORM}` }
  if (port === '0') return { problem: 'has a port that is not from 1 to 65535' }
  const [user, password, vhost] = [parsed.username, parsed.password, pathname.slice(1)].map(decode)
  if (user === undefined || password === undefined || vhost === undefined)
    return { problem: `has a % that encodes nothing. ${ENCODING}` }
  if (user === '' || password === '') return { problem: `needs a user and a password: ${FORM}` }
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (PORTS[protocol] ?? 0),
    ...{ user, password, vhost: vhost || VHOST, tls: protocol === 'amqps:' },
  }
}
