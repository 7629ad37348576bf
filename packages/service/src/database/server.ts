// The database server that the variables describe: what every driver needs to connect.
import { readDatabaseUrl } from './url.js'

/** The variables of TLS, in PEM. */
export interface DatabaseCertificates {
  DATABASE_CA?: string | undefined
  DATABASE_CLIENT_CERT?: string | undefined
  DATABASE_CLIENT_KEY?: string | undefined
}

/** The server that every driver connects to. */
export interface DatabaseServer {
  host: string
  port: number
  /** Used instead of host and port. */
  socketPath: string | undefined
  user: string
  password: string
  database: string
  /** Null: plain text. Otherwise a connection without TLS fails. */
  tls: DatabaseTls | null
  /** For MySQL's caching_sha2_password without TLS. */
  allowPublicKeyRetrieval: boolean
}

interface DatabaseTls {
  /** What is verified: the server's host name and the CA, only the CA, or nothing. */
  verify: 'identity' | 'ca' | 'nothing'
  /** The only trusted CAs. Undefined: those of Node.js, with NODE_EXTRA_CA_CERTS. */
  ca: string | undefined
  cert: string | undefined
  key: string | undefined
}

/** Reads the variables, which are valid. A CA or a certificate of the client turns TLS on. */
export function toDatabaseServer(databaseUrl: string, certificates: DatabaseCertificates): DatabaseServer {
  const read = readDatabaseUrl(databaseUrl)
  if ('problems' in read) throw new Error(`The URL of the database ${read.problems.join('; ')}`)
  const { tls, socketPath, allowPublicKeyRetrieval = false, ...url } = read.url
  const { DATABASE_CA: ca, DATABASE_CLIENT_CERT: cert, DATABASE_CLIENT_KEY: key } = certificates
  const verify = tls ?? (ca !== undefined || cert !== undefined ? 'identity' : 'off')
  return { ...url, socketPath, allowPublicKeyRetrieval, tls: verify === 'off' ? null : { verify, ca, cert, key } }
}
