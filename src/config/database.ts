// The variables of the database.
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import { certificates, pem } from '@postern/service/pem'
import { count, seconds, type Variables } from '@postern/service/values'
import type { DatabaseAccess } from './database-server.js'
import { readDatabaseUrl } from './database-url.js'

const databaseUrl = z.string('is required: mysql://user:password@host:3306/database').superRefine((value, context) => {
  const read = readDatabaseUrl(value)
  if ('problems' in read) for (const problem of read.problems) context.addIssue(problem)
})

export const databaseVariables = z.object({
  DATABASE_URL: databaseUrl,
  DATABASE_CA: certificates.optional(),
  DATABASE_CLIENT_CERT: certificates.optional(),
  DATABASE_CLIENT_KEY: pem.optional(),
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
})

/** Finds variables that are valid alone but not together. */
export function databaseProblems(env: Variables): string[] {
  const { data } = databaseVariables.safeParse(env)
  return data ? conflicts(data) : []
}

function conflicts(access: DatabaseAccess): string[] {
  const read = readDatabaseUrl(access.DATABASE_URL)
  if ('problems' in read) return []
  const { tls, socketPath } = read.url
  const { DATABASE_CA: ca, DATABASE_CLIENT_CERT: cert, DATABASE_CLIENT_KEY: key } = access
  const problems = []
  if (tls === 'ca' && ca === undefined) problems.push('DATABASE_CA is required, because DATABASE_URL says VERIFY_CA')
  if (tls === 'nothing' && ca !== undefined)
    problems.push('DATABASE_CA has no effect, because DATABASE_URL skips the verification')
  if ((cert === undefined) !== (key === undefined))
    problems.push('DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY are required together')
  else if (cert !== undefined && key !== undefined && !fit(cert, key))
    problems.push('DATABASE_CLIENT_KEY must be the unencrypted private key of DATABASE_CLIENT_CERT')
  if (ca === undefined && cert === undefined) return problems
  const name = ca === undefined ? 'DATABASE_CLIENT_CERT' : 'DATABASE_CA'
  if (socketPath !== undefined) problems.push(`${name} is for TLS, but DATABASE_URL names a socket`)
  else if (tls === 'off') problems.push(`${name} is for TLS, but DATABASE_URL turns TLS off`)
  return problems
}

function fit(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key })
    return true
  } catch {
    return false
  }
}
