// The variables of a database. Each service names that of its URL; the others are the same for all of them.
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import { certificates, pem } from '../pem.js'
import { count, seconds, type Variables } from '../values.js'
import type { DatabaseCertificates } from './server.js'
import { readDatabaseUrl } from './url.js'

export const databaseUrl = z
  .string('is required: mysql://user:password@host:3306/database')
  .superRefine((value, context) => {
    const read = readDatabaseUrl(value)
    if ('problems' in read) for (const problem of read.problems) context.addIssue(problem)
  })

export const databaseVariables = z.object({
  DATABASE_CA: certificates.optional(),
  DATABASE_CLIENT_CERT: certificates.optional(),
  DATABASE_CLIENT_KEY: pem.optional(),
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
})

/** Finds variables that are valid alone but not together. `urlName`: the name of the variable with the URL. */
export function databaseProblems(env: Variables, urlName: string): string[] {
  const { data } = databaseVariables.safeParse(env)
  const url = env[urlName]
  return data && url !== undefined ? conflicts(urlName, url, data) : []
}

function conflicts(urlName: string, url: string, files: DatabaseCertificates): string[] {
  const read = readDatabaseUrl(url)
  if ('problems' in read) return []
  const { tls, socketPath } = read.url
  const { DATABASE_CA: ca, DATABASE_CLIENT_CERT: cert, DATABASE_CLIENT_KEY: key } = files
  const problems = []
  if (tls === 'ca' && ca === undefined) problems.push(`DATABASE_CA is required, because ${urlName} says VERIFY_CA`)
  if (tls === 'nothing' && ca !== undefined)
    problems.push(`DATABASE_CA has no effect, because ${urlName} skips the verification`)
  if ((cert === undefined) !== (key === undefined))
    problems.push('DATABASE_CLIENT_CERT and DATABASE_CLIENT_KEY are required together')
  else if (cert !== undefined && key !== undefined && !fit(cert, key))
    problems.push('DATABASE_CLIENT_KEY must be the unencrypted private key of DATABASE_CLIENT_CERT')
  if (ca === undefined && cert === undefined) return problems
  const name = ca === undefined ? 'DATABASE_CLIENT_CERT' : 'DATABASE_CA'
  if (socketPath !== undefined) problems.push(`${name} is for TLS, but ${urlName} names a socket`)
  else if (tls === 'off') problems.push(`${name} is for TLS, but ${urlName} turns TLS off`)
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
