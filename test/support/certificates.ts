import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its private key, as PEM. */
export interface Certificate {
  cert: string
  key: string
}

/** A certificate authority of a test. */
export interface Authority {
  /** Its own certificate, as PEM. */
  ca: string
  /** The path of the same. */
  caFile: string
  /** Signs a certificate, for example for `DNS:localhost` or `IP:127.0.0.1`. With `days: -1` it has expired. */
  sign(subjectAltName: string, options?: { days?: number }): Certificate
  remove(): void
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })

export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'postern-certificates-'))
  const file = (name: string) => join(folder, name)
  const caFile = file('ca.pem')
  const subject = ['-subj', '/CN=Postern test CA']
  openssl('req', '-x509', ...NEW_KEY, ...subject, '-days', '2', '-keyout', file('ca.key'), '-out', caFile)
  return {
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    sign(subjectAltName, { days = 2 } = {}) {
      const [request, cert, key] = [file('leaf.csr'), file('leaf.pem'), file('leaf.key')]
      const extensions = [
        '-addext',
        `subjectAltName=${subjectAltName}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
      ]
      openssl('req', '-new', ...NEW_KEY, '-subj', '/CN=leaf', ...extensions, '-keyout', key, '-out', request)
      const signer = ['-CA', caFile, '-CAkey', file('ca.key'), '-copy_extensions', 'copyall']
      openssl('x509', '-req', '-in', request, ...signer, '-days', String(days), '-out', cert)
      return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
