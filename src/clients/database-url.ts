// Reads the parts of DATABASE_URL.

/** The parts of a `mysql://` URL that both drivers use. */
export interface DatabaseOptions {
  host: string
  port: number
  user: string
  password: string
  database: string
  ssl: { rejectUnauthorized: true } | undefined
  /** For MySQL's caching_sha2_password without TLS. */
  allowPublicKeyRetrieval: boolean
}

/** Reads `mysql://user:password@host:port/database?ssl=true&allowPublicKeyRetrieval=true`. */
export function parseDatabaseUrl(text: string): DatabaseOptions {
  const url = new URL(text)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl: url.searchParams.get('ssl') === 'true' ? { rejectUnauthorized: true } : undefined,
    allowPublicKeyRetrieval: url.searchParams.get('allowPublicKeyRetrieval') === 'true',
  }
}
