// Reads SMTP_URL, and says what is wrong with it.

/** The server that sends the mails. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte. `starttls`: before anything else is sent, or not at all. */
  readonly encryption: 'tls' | 'starttls' | 'none'
  readonly user: string | undefined
  readonly password: string | undefined
}

const FORM = 'smtp://user:password@host:587, or smtps://… for TLS from the start'
const ENCODING = 'In the user name and password, write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25'

const LOOPBACK = /^(?:localhost|::1|127(?:\.\d+){3})$/

/** The problem continues a sentence that starts with the name of the variable, and contains no value. */
export function readSmtpUrl(text: string): SmtpServer | { problem: string } {
  if (!/^smtps?:\/\//i.test(text)) return { problem: `must be ${FORM}` }
  // The parser of URLs drops some of these in silence.
  if (/[\s\p{Cc}]/u.test(text)) return { problem: 'contains a space, a tab or a line break' }
  const url = URL.parse(text)
  if (!url || url.hostname === '') return { problem: `must be ${FORM}. ${ENCODING}` }
  if (url.hash !== '' || !['', '/'].includes(url.pathname) || url.search.includes('@'))
    return { problem: `must end after the port. ${ENCODING}` }
  const [user, password] = [url.username, url.password].map(decode)
  if (user === undefined || password === undefined) return { problem: `has a % that encodes nothing. ${ENCODING}` }
  if (/\p{Cc}/u.test(user + password)) return { problem: 'has a control character in its user name or password' }
  if ((user === '') !== (password === '')) return { problem: 'must have both a user name and a password, or neither' }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isSecure = url.protocol === 'smtps:'
  const encryption = isSecure ? secureEncryption(url.search) : plainEncryption(url.search, host)
  if (typeof encryption === 'object') return encryption
  const port = url.port === '' ? (isSecure ? 465 : 587) : Number(url.port)
  if (port === 0) return { problem: 'has a port that is not from 1 to 65535' }
  if (password !== '' && encryption === 'none' && !LOOPBACK.test(host))
    return { problem: 'has a password, which starttls=off would send as plain text. Remove one of them' }
  return { host, port, encryption, user: user || undefined, password: password || undefined }
}

const secureEncryption = (search: string) =>
  search === '' ? 'tls' : { problem: 'must have no parameters: smtps:// is TLS from the start' }

/** A mail server of this machine often has a certificate that no client trusts, and the mails do not leave the machine. */
function plainEncryption(search: string, host: string) {
  if (search === '') return LOOPBACK.test(host) ? 'none' : 'starttls'
  if (search === '?starttls=required') return 'starttls'
  return search === '?starttls=off' ? 'none' : { problem: 'can have ?starttls=required or ?starttls=off, nothing else' }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
