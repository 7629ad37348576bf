import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A private certificate authority. Its files exist until `remove`. */
export interface CertificateAuthority {
  /** Its own certificate, in a PEM file. */
  readonly file: string
  /** Issues a certificate. `names`: what it is for, such as DNS:localhost or IP:127.0.0.1. */
  issue(...names: string[]): { cert: string; key: string }
  remove(): void
}

/** Uses the openssl command: Node.js can't create certificates. */
export function createCertificateAuthority(): CertificateAuthority {
  const dir = mkdtempSync(join(tmpdir(), 'postern-ca-'))
  const at = (name: string) => join(dir, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem')
  let issued = 0
  return {
    file: at('ca.pem'),
    issue(...names) {
      const id = String(++issued)
      writeFileSync(at(`${id}.ext`), `subjectAltName=${names.join(',')}`)
      openssl('req', ...newKey, '-subj', '/CN=Test', '-keyout', `${id}.key`, '-out', `${id}.csr`)
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
      openssl('x509', '-req', '-in', `${id}.csr`, ...by, '-days', '2', '-extfile', `${id}.ext`, '-out', `${id}.pem`)
      return { cert: at(`${id}.pem`), key: at(`${id}.key`) }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
