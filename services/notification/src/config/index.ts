// Reads the configuration from the environment. Nothing else of the notification service reads process.env.
import { mailProblems, type Sender } from '@postern/delivery/mail/variables'
import {
  defaultHost,
  type ProgramConfig,
  type ProgramDatabase,
  readDatabaseVariables,
  readVariables,
} from '@postern/service/program-variables'
import type { Variables } from '@postern/service/values'
import type { z } from 'zod'
import { channelProblems } from './channel-variables.js'
import { variables } from './variables.js'

export interface Config extends ProgramConfig, Readonly<Omit<z.output<typeof variables>, keyof ProgramConfig>> {
  readonly NOTIFICATION_GRPC_HOST: string
  readonly MAIL_FROM: Sender
  readonly APP_URL: string
}

/** In development, mails are kept and not sent. The account service shows them at /mail. */
const DEVELOPMENT_INBOX = '.postern/mail'

const DEVELOPMENT_SENDER: Sender = { name: null, address: 'postern@localhost' }
const DEVELOPMENT_APP = 'http://localhost:8080'

/** Reads and checks all variables at once. An empty variable counts as absent. Throws a ConfigError. */
export function readConfig(env: Variables = process.env): Config {
  const read = readVariables(variables, env, {
    databaseUrl: 'NOTIFICATION_DATABASE_URL',
    secrets: ['NOTIFICATION_KEY'],
    problems: (present) => [...mailProblems(present), ...channelProblems(present), ...problemsOf(present)],
  })
  return Object.freeze({
    ...read,
    NOTIFICATION_GRPC_HOST: read.NOTIFICATION_GRPC_HOST ?? defaultHost(read),
    MAIL_FROM: read.MAIL_FROM ?? DEVELOPMENT_SENDER,
    APP_URL: read.APP_URL ?? DEVELOPMENT_APP,
    MAIL_DIR: read.MAIL_DIR ?? (read.NODE_ENV === 'development' && !read.SMTP_URL ? DEVELOPMENT_INBOX : undefined),
  })
}

function problemsOf(env: Variables): string[] {
  const asks = ['AUTH_GRPC_URL', 'CONSENT_GRPC_URL'].filter((name) => env[name] !== undefined)
  const isProduction = env['NODE_ENV'] === 'production'
  return [
    ...(asks.length > 0 && env['SERVICE_KEY'] === undefined
      ? [`SERVICE_KEY is required with ${asks.join(' and ')}: notification: and the key that its SERVICE_KEYS have`]
      : []),
    ...(isProduction && env['NOTIFICATION_URL']?.startsWith('http:')
      ? ['NOTIFICATION_URL must start with https:// in production: its links act for people']
      : []),
  ]
}

/** What migrations need. Throws a ConfigError. */
export const readDatabaseConfig = (env: Variables = process.env): ProgramDatabase =>
  readDatabaseVariables(env, 'NOTIFICATION_DATABASE_URL')
