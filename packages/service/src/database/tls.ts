// The TLS options that both drivers of the database share.
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, getCACertificates, type ConnectionOptions } from 'node:tls'
import type { DatabaseServer } from './server.js'

type TlsOptions = ReturnType<typeof createTlsOptions>

/** Each server's, because the default CAs take 20 ms to parse. mysql2 also keeps its TLS sessions with the object. */
const known = new WeakMap<DatabaseServer, TlsOptions>()

/** Undefined for plain text. */
export function tlsOptions(server: DatabaseServer): TlsOptions {
  const options = known.get(server) ?? createTlsOptions(server)
  known.set(server, options)
  return options
}

function createTlsOptions({ host, tls }: DatabaseServer) {
  if (!tls) return undefined
  const trusted = {
    // Never left to the driver: without a CA, mariadb sends the password to MariaDB 11.4 before it verifies the certificate.
    ca: tls.ca ?? getCACertificates('default'),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
  }
  return {
    ...trusted,
    secureContext: createSecureContext(trusted),
    rejectUnauthorized: tls.verify !== 'nothing',
    ...(isIP(host) === 0 && { servername: host }),
    // The drivers, like Node.js, would compare the certificate with "localhost" if the host is an address.
    checkServerIdentity: (_host, certificate) =>
      tls.verify === 'identity' ? checkServerIdentity(host, certificate) : undefined,
    /** For mysql2, which ignores checkServerIdentity. */
    verifyIdentity: tls.verify === 'identity',
  } satisfies ConnectionOptions & { verifyIdentity: boolean }
}
