// The variables of sign-in with providers: Google, GitHub, Microsoft, and any number of OpenID providers.
import { z } from 'zod'
import { list, secret, type Variables } from '@postern/service/values'
import { providerUrl } from './captcha.js'

export type OAuthProviderKind = 'google' | 'github' | 'microsoft' | 'oidc'

/** A provider that people can sign in with. */
export interface OAuthProviderSettings {
  /** In URLs and rows: `google`, or the NAME of OIDC_<NAME>_ISSUER in lower case. */
  readonly name: string
  readonly kind: OAuthProviderKind
  /** What the pages call it. */
  readonly label: string
  /** Where its discovery document is. Of GitHub, which has none: where its pages are. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Separated by spaces. */
  readonly scopes: string
}

/** As many as a list of the API can have. */
const MOST_OAUTH_PROVIDERS = 20

/** The service uses the subject and the address, and asks for nothing else (ASVS 10.2.3). */
const OPENID_SCOPES = 'openid email'

/** Where a provider is. Others than by default are for national clouds, servers of a company's own, and tests. */
const address = (fallback: string) => providerUrl.default(fallback).transform((url) => url.replace(/\/+$/, ''))

const tenant = z.string().regex(/^[\w.-]{1,255}$/, 'must be a tenant, such as common, organizations or its id')

export const oauthVariables = z.object({
  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  GOOGLE_URL: address('https://accounts.google.com'),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GITHUB_URL: address('https://github.com'),
  MICROSOFT_CLIENT_ID: z.string().optional(),
  MICROSOFT_CLIENT_SECRET: z.string().optional(),
  MICROSOFT_URL: address('https://login.microsoftonline.com'),
  MICROSOFT_TENANT: tenant.default('common'),
  OAUTH_TOKEN_KEY: secret.optional(),
  /** Only to decrypt tokens that they have encrypted. */
  OAUTH_TOKEN_KEY_PREVIOUS: list.refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be earlier values of OAUTH_TOKEN_KEY, separated by commas; each is at least 32 bytes long',
  ),
})

const BUILT_IN = ['GOOGLE', 'GITHUB', 'MICROSOFT'] as const
const PARTS = ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET', 'SCOPES', 'LABEL'] as const
const VARIABLE = new RegExp(`^OIDC_([A-Z][A-Z0-9_]{0,30})_(?:${PARTS.join('|')})$`)

/** The NAMEs of OIDC_<NAME>_ISSUER and the other variables of a provider. */
const namesIn = (env: Variables): string[] => [
  ...new Set(Object.keys(env).flatMap((variable) => VARIABLE.exec(variable)?.[1] ?? [])),
]

/** All variables that the providers in the environment can have, to find misspelled ones. */
export const oidcVariables = (env: Variables): string[] =>
  namesIn(env).flatMap((name) => PARTS.map((part) => `OIDC_${name}_${part}`))

/** `example_sso` is `example-sso` in URLs. */
const providerName = (name: string): string => name.toLowerCase().replaceAll('_', '-')

function oidcProvider(env: Variables, name: string): OAuthProviderSettings {
  const of = (part: (typeof PARTS)[number]) => env[`OIDC_${name}_${part}`]
  const label = of('LABEL') ?? name.charAt(0) + name.slice(1).toLowerCase().replaceAll('_', ' ')
  return {
    ...{ name: providerName(name), kind: 'oidc', label, issuer: of('ISSUER') ?? '' },
    ...{ clientId: of('CLIENT_ID') ?? '', clientSecret: of('CLIENT_SECRET') ?? '' },
    scopes: of('SCOPES') ?? OPENID_SCOPES,
  }
}

/** The providers, in the order in which the pages show them. The configuration has been checked. */
export function oauthProviders(parsed: z.output<typeof oauthVariables>, env: Variables): OAuthProviderSettings[] {
  const builtIn = (name: (typeof BUILT_IN)[number], rest: Omit<OAuthProviderSettings, 'clientId' | 'clientSecret'>) => {
    const [clientId, clientSecret] = [parsed[`${name}_CLIENT_ID`], parsed[`${name}_CLIENT_SECRET`]]
    return clientId === undefined || clientSecret === undefined ? [] : [{ ...rest, clientId, clientSecret }]
  }
  return [
    ...builtIn('GOOGLE', {
      ...{ name: 'google', kind: 'google', label: 'Google', issuer: parsed.GOOGLE_URL },
      scopes: OPENID_SCOPES,
    }),
    ...builtIn('GITHUB', {
      ...{ name: 'github', kind: 'github', label: 'GitHub', issuer: parsed.GITHUB_URL, scopes: 'user:email' },
    }),
    ...builtIn('MICROSOFT', {
      ...{ name: 'microsoft', kind: 'microsoft', label: 'Microsoft' },
      issuer: `${parsed.MICROSOFT_URL}/${parsed.MICROSOFT_TENANT}/v2.0`,
      scopes: OPENID_SCOPES,
    }),
    ...namesIn(env).map((name) => oidcProvider(env, name)),
  ]
}

/** Finds variables that are valid alone but not together, and providers that are not complete. */
export function oauthProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const names = namesIn(env)
  const isUsed = names.length > 0 || BUILT_IN.some((name) => has(`${name}_CLIENT_ID`))
  const without = (name: string, other: string) => (has(name) && !has(other) ? [`${name} requires ${other}`] : [])
  return [
    ...BUILT_IN.flatMap((name) => [
      ...without(`${name}_CLIENT_ID`, `${name}_CLIENT_SECRET`),
      ...without(`${name}_CLIENT_SECRET`, `${name}_CLIENT_ID`),
    ]),
    ...BUILT_IN.flatMap((name) => without(`${name}_URL`, `${name}_CLIENT_ID`)),
    ...without('MICROSOFT_TENANT', 'MICROSOFT_CLIENT_ID'),
    ...without('OAUTH_TOKEN_KEY_PREVIOUS', 'OAUTH_TOKEN_KEY'),
    ...names.flatMap((name) => oidcProblems(env, name)),
    ...(names.length > MOST_OAUTH_PROVIDERS - BUILT_IN.length ? ['There are too many OIDC_<NAME>_ISSUER'] : []),
    ...(isUsed && !has('APP_URL') && env['NODE_ENV'] === 'production'
      ? ['APP_URL is required for sign-in with a provider: the provider sends people back to it']
      : []),
  ]
}

function oidcProblems(env: Variables, name: string): string[] {
  const problems = (['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'] as const)
    .map((part) => `OIDC_${name}_${part}`)
    .filter((variable) => env[variable] === undefined)
    .map((variable) => `${variable} is required for the provider ${name}`)
  const [issuer, scopes, label] = [env[`OIDC_${name}_ISSUER`], env[`OIDC_${name}_SCOPES`], env[`OIDC_${name}_LABEL`]]
  const url = issuer === undefined ? null : providerUrl.safeParse(issuer)
  if (url?.error) problems.push(`OIDC_${name}_ISSUER ${url.error.issues[0]?.message ?? ''}`)
  if (scopes !== undefined && !scopes.split(/\s+/).includes('openid'))
    problems.push(`OIDC_${name}_SCOPES must contain openid, such as: ${OPENID_SCOPES}`)
  if (label !== undefined && (label.length > 40 || /[\p{Cc}<>"]/u.test(label)))
    problems.push(`OIDC_${name}_LABEL must be one line of at most 40 characters`)
  if ((BUILT_IN as readonly string[]).includes(name))
    problems.push(`OIDC_${name}_ISSUER: this name is taken; use ${name}_CLIENT_ID, or another name`)
  return problems
}
