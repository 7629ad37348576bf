// The variables of the database, and the server that they describe.
import { z } from 'zod'
import { type DatabaseCertificates, type DatabaseServer, toDatabaseServer } from '@postern/service/database/server'
import {
  databaseProblems as problemsOf,
  databaseUrl,
  databaseVariables as sharedVariables,
} from '@postern/service/database/variables'
import type { Variables } from '@postern/service/values'

export const databaseVariables = z.object({ DATABASE_URL: databaseUrl, ...sharedVariables.shape })

/** The variables that say how to connect. Certificates and keys are PEM. */
export interface DatabaseAccess extends DatabaseCertificates {
  DATABASE_URL: string
}

/** Reads the variables, which are valid. */
export const databaseServer = (access: DatabaseAccess): DatabaseServer => toDatabaseServer(access.DATABASE_URL, access)

/** Finds variables that are valid alone but not together. */
export const databaseProblems = (env: Variables): string[] => problemsOf(env, 'DATABASE_URL')
