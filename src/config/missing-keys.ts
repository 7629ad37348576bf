// Finds keys that are missing: which ones are required depends on the token formats and on KEYS_DIR.
import type { Variables } from '@postern/service/values'
import { acceptedFormats } from './tokens.js'

const HOW = 'generate one with: openssl rand -hex 32'

export function missingKeys(env: Variables): string[] {
  const accepted = acceptedFormats(env)
  const issued = env['TOKEN_FORMAT'] ?? 'jwt'
  const has = (name: string) => env[name] !== undefined
  const problems = []
  if ((issued === 'jwt' || issued === 'paseto') && !accepted.includes(issued))
    problems.push(`ACCEPTED_TOKEN_FORMATS must name ${issued}, the TOKEN_FORMAT that is issued`)
  if (accepted.includes('jwt') && !has('JWT_SECRET') && !has('KEYS_DIR'))
    problems.push(`JWT_SECRET is required, unless KEYS_DIR is set; ${HOW}`)
  if (accepted.includes('paseto') && !has('PASETO_KEY')) problems.push(`PASETO_KEY is required for PASETO; ${HOW}`)
  if (!has('REVOCATION_KEY') && (has('KEYS_DIR') || (!has('JWT_SECRET') && !accepted.includes('jwt'))))
    problems.push(`REVOCATION_KEY is required if it can't be derived from a JWT_SECRET in use; ${HOW}`)
  return problems
}
