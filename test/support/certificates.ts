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
  /** Signs a certificate, for example for `DNS:localhost` or `IP:127.0.0.1`. */
  sign(subjectAltName: string): Certificate
  remove(): void
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']

export function createAuthority(name = 'Postern test CA'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'postern-certificates-'))
  const [caFile, caKey] = [join(folder, 'ca.pem'), join(folder, 'ca.key')]
  const openssl = (...args: string[]) =>
    execFileSync('openssl', ['req', '-x509', ...NEW_KEY, ...args], { stdio: 'pipe' })
  openssl('-subj', `/CN=${name}`, '-keyout', caKey, '-out', caFile)
  return {
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    sign(subjectAltName) {
      const [cert, key] = [join(folder, 'leaf.pem'), join(folder, 'leaf.key')]
      const extensions = [
        '-addext',
        `subjectAltName=${subjectAltName}`,
        '-addext',
        'basicConstraints=critical,CA:FALSE',
      ]
      openssl('-CA', caFile, '-CAkey', caKey, '-subj', '/CN=leaf', ...extensions, '-keyout', key, '-out', cert)
      return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
