// Reads the configuration from the environment. Nothing else of the consent service reads process.env.
import {
  defaultHost,
  type ProgramConfig,
  type ProgramDatabase,
  readDatabaseVariables,
  readVariables,
} from '@postern/service/program-variables'
import type { Variables as Environment } from '@postern/service/values'
import type { Controller } from '../history/entry.js'
import { type Variables, variables } from './variables.js'

export interface Config extends ProgramConfig, Readonly<Omit<Variables, keyof ProgramConfig>> {
  readonly CONSENT_GRPC_HOST: string
}

/** A record of a consent says to whom it was given. */
const CONTROLLER = ['CONSENT_CONTROLLER_NAME', 'CONSENT_CONTROLLER_ADDRESS', 'CONSENT_CONTROLLER_CONTACT']

const controllerProblems = (env: Environment): string[] =>
  env['NODE_ENV'] === 'production'
    ? CONTROLLER.filter((name) => env[name] === undefined).map((name) => `${name} is required in production`)
    : []

const keyProblems = (env: Environment): string[] =>
  env['NOTIFICATION_GRPC_URL'] !== undefined && env['SERVICE_KEY'] === undefined
    ? ['SERVICE_KEY is required with NOTIFICATION_GRPC_URL: consent: and the key that its SERVICE_KEYS have']
    : []

/** Reads and checks all variables at once. An empty variable counts as absent. Throws a ConfigError. */
export function readConfig(env: Environment = process.env): Config {
  const config = readVariables(variables, env, {
    databaseUrl: 'CONSENT_DATABASE_URL',
    secrets: ['CONSENT_KEY'],
    problems: (present) => [...controllerProblems(present), ...keyProblems(present)],
  })
  return Object.freeze({ ...config, CONSENT_GRPC_HOST: config.CONSENT_GRPC_HOST ?? defaultHost(config) })
}

/** What migrations need. Throws a ConfigError. */
export const readDatabaseConfig = (env: Environment = process.env): ProgramDatabase =>
  readDatabaseVariables(env, 'CONSENT_DATABASE_URL')

export const controllerOf = (config: Config): Controller => ({
  name: config.CONSENT_CONTROLLER_NAME ?? 'The operator of this deployment',
  address: config.CONSENT_CONTROLLER_ADDRESS ?? '',
  contact: config.CONSENT_CONTROLLER_CONTACT ?? '',
})
