// Reads the parameters of the URL of a database. None is ignored: each has its effect, or stops the start.
import { isTlsParameter, readTlsMode, type TlsMode } from './url-tls.js'

export interface DatabaseParameters {
  /** Undefined if no parameter is about TLS. */
  tls?: TlsMode
  socketPath?: string
  allowPublicKeyRetrieval?: boolean
}

const KNOWN = 'ssl-mode, sslaccept, socket, allowPublicKeyRetrieval, charset and reconnect'

/** Parameters of other clients that are variables here. */
const VARIABLES: Record<string, readonly string[]> = {
  DATABASE_POOL_SIZE: ['connectionlimit', 'poolsize', 'maxpoolsize', 'minimumidle'],
  DATABASE_TIMEOUT: [
    ...['pooltimeout', 'connecttimeout', 'connectiontimeout', 'sockettimeout', 'acquiretimeout', 'timeout'],
    ...['readtimeout', 'writetimeout', 'querytimeout'],
  ],
  DATABASE_CA: ['sslca', 'sslrootcert', 'sslcapath', 'cacert', 'trustcertificatekeystoreurl', 'serversslcert'],
  'DATABASE_CA, or for a certificate of the client DATABASE_CLIENT_CERT,': ['sslcert'],
  'DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY': [
    ...['sslkey', 'sslidentity', 'sslpassword', 'clientcertificatekeystoreurl', 'clientcertificatekeystorepassword'],
  ],
}

const SOCKETS = new Set(['socket', 'unixsocket', 'socketpath'])

/** Shown only if it looks like a name: a password with an unencoded `?` ends up here. */
const isName = (name: string) => /^[a-z][\w-]{0,39}$/i.test(name)

const flag = (value: string): boolean | undefined =>
  /^(?:true|1)$/i.test(value) ? true : /^(?:false|0)$/i.test(value) ? false : undefined

/** `query` is what follows the question mark. Problems continue a sentence that starts with the name of the variable. */
export function readParameters(query: string): { parameters: DatabaseParameters; problems: string[] } {
  const parameters: DatabaseParameters = {}
  const problems: string[] = []
  const seen = new Set<string>()
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=')
    if (!isName(name)) {
      problems.push(`has a parameter without a name or with a wrong one. The known ones are ${KNOWN}`)
      continue
    }
    const problem = readParameter(name, rest.join('='), parameters, seen)
    if (problem !== undefined) problems.push(problem)
  }
  return { parameters, problems }
}

function readParameter(
  name: string,
  encoded: string,
  parameters: DatabaseParameters,
  seen: Set<string>,
): string | undefined {
  const key = name.toLowerCase().replaceAll(/[-_]/g, '')
  if (seen.has(key)) return `has ${name} twice`
  seen.add(key)
  const value = decode(encoded)
  if (value === undefined) return `has a % in ${name} that encodes nothing; write it as %25`
  const variable = Object.entries(VARIABLES).find(([, keys]) => keys.includes(key))?.[0]
  if (variable) return `has ${name}; use ${variable} instead`
  if (value === '') return `has ${name} without a value`
  if (isTlsParameter(key)) return readTls(name, readTlsMode(key, value), parameters)
  if (SOCKETS.has(key)) {
    if (parameters.socketPath !== undefined) return `has two sockets`
    parameters.socketPath = value
    return value.startsWith('/') ? undefined : `has ${name}, which must be an absolute path`
  }
  if (key === 'allowpublickeyretrieval') {
    parameters.allowPublicKeyRetrieval = flag(value) ?? false
    return flag(value) === undefined ? `has ${name}, which must be true or false` : undefined
  }
  if (key === 'charset') return value.toLowerCase() === 'utf8mb4' ? undefined : `has ${name}, which must be utf8mb4`
  if (key === 'reconnect' || key === 'autoreconnect')
    return flag(value) ? undefined : `has ${name}, which must be true: connections that are lost are replaced`
  return `has an unknown parameter, ${name}. The known ones are ${KNOWN}`
}

function readTls(name: string, mode: TlsMode | { problem: string }, parameters: DatabaseParameters) {
  if (typeof mode === 'object') return `has ${name}, which ${mode.problem}`
  if (parameters.tls !== undefined && parameters.tls !== mode) return `has ${name}, which contradicts another parameter`
  parameters.tls = mode
  return undefined
}

/** Undefined if a percent sign encodes nothing, or not UTF-8. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
