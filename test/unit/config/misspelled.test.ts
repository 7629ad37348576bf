import { describe, expect, it } from 'vitest'
import { environment, readConfig, readDatabaseConfig, readKeysConfig } from '../../../src/config/index.js'
import { findEqualSecrets } from '../../../src/config/equal-secrets.js'
import { findMisspelled } from '../../../src/config/misspelled.js'

const known = Object.keys(environment.shape)
const find = (...names: string[]) => findMisspelled(names, known)

/** Variables that occur in practice, by environment. */
const ORDINARY: Record<string, string> = {
  'a shell': `PATH HOME HOSTNAME HOSTTYPE SHELL SHLVL USER USERNAME LOGNAME LANG LC_ALL TERM COLORTERM PWD OLDPWD EDITOR
    PAGER TZ TMPDIR MAIL DISPLAY DBUS_SESSION_BUS_ADDRESS SESSION_MANAGER SESSIONNAME XDG_SESSION_ID XDG_SESSION_TYPE
    XDG_RUNTIME_DIR SSH_AUTH_SOCK SSH_CONNECTION SUDO_USER INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET WINDOWID _
    http_proxy https_proxy no_proxy HTTP_PROXY NO_PROXY host port web PASSWORD_STORE_DIR HISTSIZE CDPATH GOPATH JAVA_HOME`,
  'Node.js and npm': `NODE NODE_OPTIONS NODE_PATH NODE_VERSION NODE_EXTRA_CA_CERTS NODE_NO_WARNINGS NODE_DEBUG YARN_VERSION
    INIT_CWD COLOR npm_command npm_config_cache npm_config_user_agent npm_config_loglevel npm_execpath npm_node_execpath
    npm_lifecycle_event npm_package_json npm_package_name npm_package_version npm_package_engines_node FORCE_COLOR`,
  Kubernetes: `KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT
    KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_PORT_443_TCP_PROTO POSTERN_PORT POSTERN_SERVICE_HOST
    POSTERN_PORT_8080_TCP_PORT REDIS_PORT REDIS_SERVICE_HOST REDIS_SERVICE_PORT REDIS_PORT_6379_TCP SESSION_PORT
    SESSION_SERVICE_HOST SESSION_SERVICE_PORT_TTL USERNAME_CACHE_SERVICE_HOST USERNAME_CACHE_PORT POD_NAME POD_IP
    NODE_NAME NAMESPACE`,
  'docker compose and its images': `COMPOSE_PROJECT_NAME DOCKER_HOST MARIADB_USER MARIADB_PASSWORD MARIADB_DATABASE
    MYSQL_ROOT_PASSWORD MYSQL_URL REDIS_HOST REDIS_PASSWORD REDIS_VERSION REDIS_URI DATABASE_HOST DATABASE_PORT
    DATABASE_USER DATABASE_NAME DATABASE_PASSWORD DATABASE_URI DATABASE_URL_2 DATABASE_DB DATABASE_ID
    DATABASE_CLIENT GPG_KEYS`,
  'GitHub Actions': `CI GITHUB_ACTIONS GITHUB_ACTOR GITHUB_ENV GITHUB_PATH GITHUB_REF GITHUB_REPOSITORY GITHUB_RUN_ID
    GITHUB_SHA GITHUB_TOKEN GITHUB_WORKSPACE RUNNER_OS RUNNER_TEMP RUNNER_TOOL_CACHE ACTIONS_CACHE_URL
    ACTIONS_RUNTIME_TOKEN ACTIONS_RESULTS_URL ImageOS ImageVersion AGENT_TOOLSDIRECTORY INPUT_TOKEN`,
  Heroku: `DYNO WEB_CONCURRENCY WEB_MEMORY MEMORY_AVAILABLE STACK DATABASE_CONNECTION_POOL_URL REDIS_TLS_URL
    HEROKU_APP_NAME HEROKU_SLUG_COMMIT JAWSDB_URL CLEARDB_DATABASE_URL PAPERTRAIL_API_TOKEN`,
  Vercel: `VERCEL VERCEL_ENV VERCEL_URL VERCEL_REGION VERCEL_GIT_COMMIT_SHA VERCEL_AUTOMATION_BYPASS_SECRET NEXT_RUNTIME
    NEXT_PUBLIC_SITE_URL AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_LOG_LEVEL`,
  'other programs beside the service': `SESSION_SECRET SESSION_KEY SESSION_COOKIE_NAME SESSION_DRIVER JWT_ALGORITHM
    JWT_EXPIRES_IN JWT_PRIVATE_KEY JWT_PUBLIC_KEY JWT_COOKIE JWT_USER REFRESH_TOKEN REFRESH_TOKEN_SECRET APP_SECRET
    API_KEY HASH_SALT LOGLEVEL LOG_FORMAT LOG_FILE BASE_URL APP_URL SERVICE_URL CACHE_TTL SENTRY_DSN ECS_CLUSTER
    OTEL_SERVICE_NAME OTEL_EXPORTER_OTLP_ENDPOINT SMTP_HOST SMTP_PASSWORD TOTP_SECRET NODE_ENVIRONMENT
    TEST_DATABASE_URL TEST_REDIS_URL CHROMIUM_PATH POSTERN_JWKS_URL POSTERN_URL POSTERN_STARTED_FROM EXAMPLE_PORT`,
}

describe('a variable that looks like a misspelled one', () => {
  it.each([
    ['DATABASE_ULR', 'DATABASE_URL'],
    ['DATBASE_URL', 'DATABASE_URL'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['DATABASE_CAS', 'DATABASE_CA'],
    ['DATABASE_AC', 'DATABASE_CA'],
    ['DATABASE_CLIENTCERT', 'DATABASE_CLIENT_CERT'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['JWT_SECERT', 'JWT_SECRET'],
    ['JWT_SECRET_PREVIOS', 'JWT_SECRET_PREVIOUS'],
    ['KEY_DIR', 'KEYS_DIR'],
    ['REFRESHKEY', 'REFRESH_KEY'],
    ['REFRESH_SECRET_KEY', 'REFRESH_KEY'],
    ['ACCES_TOKEN_TTL', 'ACCESS_TOKEN_TTL'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['PREFROK', 'PREFORK'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['NOD_ENV', 'NODE_ENV'],
    ['ARGON_TIME_COST', 'ARGON2_TIME_COST'],
    ['ARGON2_MEMORY', 'ARGON2_MEMORY_KIB'],
    ['USERNAMES_HOLD', 'USERNAME_HOLD'],
    ['USERNAME_TTL', 'USERNAME_CACHE_TTL'],
    ['SESSION_TTL', 'SESSION_IDLE_TTL'],
    ['SESSION_PER_USER', 'SESSIONS_PER_USER'],
  ])('%s is taken for %s', (name, meant) => {
    expect(find(name)).toEqual([{ name, meant }])
  })

  it('is never a variable of the service', () => {
    expect(find(...known)).toEqual([])
  })

  it.each(Object.entries(ORDINARY))('is none of the variables of %s', (_where, names) => {
    expect(find(...names.split(/\s+/))).toEqual([])
  })

  it.each([
    ['the service', readConfig],
    ['migrate', readDatabaseConfig],
    ['keys', readKeysConfig],
  ])('stops %s, with its name, the one that was meant, and no value', (_what, read) => {
    const attempt = () => read({ DATABASE_ULR: 'mysql://u:secret@host/db', KEYS_DRI: 'secret' })
    expect(attempt).toThrow('  - DATABASE_ULR is unknown; did you mean DATABASE_URL?\n')
    expect(attempt).toThrow('  - KEYS_DRI is unknown; did you mean KEYS_DIR?')
    expect(attempt).not.toThrow('secret')
  })
})

describe('a secret', () => {
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]

  it('is reported if it is used twice', () => {
    expect(findEqualSecrets({ JWT_SECRET: a, REFRESH_KEY: b, REVOCATION_KEY: a, PASETO_KEY: b })).toEqual([
      ['JWT_SECRET', 'REVOCATION_KEY'],
      ['REFRESH_KEY', 'PASETO_KEY'],
    ])
    expect(findEqualSecrets({ JWT_SECRET: a, PASETO_KEY: a.toUpperCase() })).toEqual([['JWT_SECRET', 'PASETO_KEY']])
    expect(findEqualSecrets({ JWT_SECRET: '', REFRESH_KEY: '', JWT_ISSUER: a, JWT_AUDIENCE: a })).toEqual([])
  })

  it('stops the start if it is used twice', () => {
    const env = { DATABASE_URL: 'mysql://u@localhost/postern', REDIS_URL: 'redis://localhost' }
    const attempt = () => readConfig({ ...env, JWT_SECRET: a, REFRESH_KEY: a })
    expect(attempt).toThrow(
      '  - REFRESH_KEY must differ from JWT_SECRET; generate a new one with: openssl rand -hex 32',
    )
    expect(attempt).not.toThrow(a)
  })
})
