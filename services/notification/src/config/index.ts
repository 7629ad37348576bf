// Reads the configuration from the environment. Nothing else of the notification service reads process.env.
import {
  defaultHost,
  type ProgramConfig,
  type ProgramDatabase,
  readDatabaseVariables,
  readVariables,
} from '@postern/service/program-variables'
import type { Variables } from '@postern/service/values'
import type { z } from 'zod'
import { variables } from './variables.js'

export interface Config extends ProgramConfig, Readonly<Omit<z.output<typeof variables>, keyof ProgramConfig>> {
  readonly NOTIFICATION_GRPC_HOST: string
}

/** Reads and checks all variables at once. An empty variable counts as absent. Throws a ConfigError. */
export function readConfig(env: Variables = process.env): Config {
  const read = readVariables(variables, env, {
    databaseUrl: 'NOTIFICATION_DATABASE_URL',
    secrets: ['NOTIFICATION_KEY'],
  })
  return Object.freeze({ ...read, NOTIFICATION_GRPC_HOST: read.NOTIFICATION_GRPC_HOST ?? defaultHost(read) })
}

/** What migrations need. Throws a ConfigError. */
export const readDatabaseConfig = (env: Variables = process.env): ProgramDatabase =>
  readDatabaseVariables(env, 'NOTIFICATION_DATABASE_URL')
