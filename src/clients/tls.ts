// The TLS options that both drivers of the database share.
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, getCACertificates, type ConnectionOptions } from 'node:tls'
import type { DatabaseServer } from '../config/index.js'

/** Undefined for plain text. */
export function tlsOptions({ host, tls }: DatabaseServer) {
  if (!tls) return undefined
  // Never left to the driver: without a CA, mariadb sends the password to MariaDB 11.4 before it verifies the certificate.
  const trusted = {
    ca: tls.ca ?? getCACertificates('default'),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
  }
  return {
    ...trusted,
    // Made once, because the default CAs take milliseconds to parse.
    secureContext: createSecureContext(trusted),
    rejectUnauthorized: tls.verify !== 'nothing',
    ...(isIP(host) === 0 && { servername: host }),
    // The drivers, like Node.js, would compare the certificate with "localhost" if the host is an address.
    checkServerIdentity: (_host, certificate) =>
      tls.verify === 'identity' ? checkServerIdentity(host, certificate) : undefined,
  } satisfies ConnectionOptions
}
