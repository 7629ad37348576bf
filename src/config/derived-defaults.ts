// Fills in the defaults that depend on other variables or on the machine.
import { availableParallelism } from 'node:os'
import type { Sender } from '@postern/delivery/mail/variables'
import { dpopUrls } from './dpop.js'
import type { Environment } from './environment.js'
import { grpcPort } from './grpc.js'
import type { OAuthProviderSettings } from './oauth.js'
import { type PasskeySettings, passkeySettings } from './passkeys.js'
import { processes } from './processes.js'
import type { TokenFormatName } from './tokens.js'

/** What the environment can leave open, but the configuration always has. */
interface Derived extends PasskeySettings {
  HOST: string
  PLAYGROUND: boolean
  INTROSPECTION: boolean
  /** Null: off. */
  GRPC_PORT: number | null
  GRPC_HOST: string
  /** Whether clients can read which services and messages there are. */
  GRPC_REFLECTION: boolean
  REVOCATION_REDIS_URL: string
  /** Empty if KEYS_DIR replaces it, or if no JWT is accepted. */
  JWT_SECRET: string
  /** Empty if no PASETO is accepted. */
  PASETO_KEY: string
  ACCEPTED_TOKEN_FORMATS: readonly TokenFormatName[]
  HASH_CONCURRENCY: number
  MAIL_FROM: Sender
  /** Where mails are kept instead of being sent. Undefined except in development. */
  MAIL_DIR: string | undefined
  APP_URL: string
  /** Empty: DPoP is off. Null: wherever clients reach the service on this machine. */
  DPOP_URLS: readonly string[] | null
  /** In the order in which the pages show them. */
  OAUTH_PROVIDERS: readonly OAuthProviderSettings[]
}

export type Config = Readonly<Omit<Environment, keyof Derived> & Derived>

export function withDefaults(
  parsed: Environment,
  { accepted, providers }: { accepted: readonly TokenFormatName[]; providers: readonly OAuthProviderSettings[] },
): Config {
  const isProduction = parsed.NODE_ENV === 'production'
  const isDevelopment = parsed.NODE_ENV === 'development'
  const host = parsed.HOST ?? (isProduction ? '::' : '127.0.0.1')
  const appUrl = parsed.APP_URL ?? `http://localhost:${parsed.PORT}`
  return Object.freeze({
    ...parsed,
    HOST: host,
    GRPC_PORT: grpcPort(parsed),
    GRPC_HOST: parsed.GRPC_HOST ?? host,
    GRPC_REFLECTION: parsed.GRPC_REFLECTION ?? !isProduction,
    PLAYGROUND: parsed.PLAYGROUND ?? !isProduction,
    INTROSPECTION: parsed.INTROSPECTION ?? !isProduction,
    REVOCATION_REDIS_URL: parsed.REVOCATION_REDIS_URL ?? parsed.REDIS_URL,
    JWT_SECRET: (parsed.KEYS_DIR === undefined && parsed.JWT_SECRET) || '',
    PASETO_KEY: parsed.PASETO_KEY ?? '',
    ACCEPTED_TOKEN_FORMATS: accepted,
    MAIL_FROM: parsed.MAIL_FROM ?? { name: null, address: 'postern@localhost' },
    MAIL_DIR: parsed.MAIL_DIR ?? (isDevelopment && !parsed.SMTP_URL ? '.postern/mail' : undefined),
    APP_URL: appUrl,
    DPOP_URLS: dpopUrls(parsed),
    ...passkeySettings({ ...parsed, APP_URL: appUrl }),
    OAUTH_PROVIDERS: providers,
    HASH_CONCURRENCY: parsed.HASH_CONCURRENCY ?? Math.max(1, Math.floor(availableParallelism() / processes(parsed))),
  })
}
