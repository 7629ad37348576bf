import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ConfigError, environment, readConfig } from '../../src/config.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}

const problems = (env: Record<string, string>): string => {
  try {
    readConfig({ ...REQUIRED, ...env })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')

/** A variable's default as people write it. */
function writtenDefault(name: string): string {
  const parsed = environment.shape[name as keyof typeof environment.shape].safeParse(undefined)
  if (!parsed.success || parsed.data === undefined) return ''
  return Array.isArray(parsed.data) ? parsed.data.join(',') : String(parsed.data)
}

describe('the configuration', () => {
  it('has these defaults', () => {
    expect(readConfig(REQUIRED)).toMatchObject({
      ...{ NODE_ENV: 'development', HOST: '127.0.0.1', PORT: 8080, JWT_ISSUER: 'postern', JWT_AUDIENCE: 'postern' },
      ...{ ACCESS_TOKEN_TTL: 900, CLOCK_SKEW: 30, USERNAME_CACHE_TTL: 300, PASSWORD_MIN_LENGTH: 8 },
      ...{ ARGON2_MEMORY_KIB: 19_456, ARGON2_TIME_COST: 2, ARGON2_PARALLELISM: 1 },
      ...{ PLAYGROUND: true, INTROSPECTION: true, REVOCATION_REDIS_URL: 'redis://localhost' },
    })
  })

  it('closes introspection and playground in production, and listens everywhere', () => {
    const production = readConfig({ ...REQUIRED, NODE_ENV: 'production' })
    expect(production).toMatchObject({ HOST: '::', PLAYGROUND: false, INTROSPECTION: false })
    expect(readConfig({ ...REQUIRED, NODE_ENV: 'production', PLAYGROUND: 'true' }).PLAYGROUND).toBe(true)
  })

  it('counts an empty variable as absent', () => {
    expect(readConfig({ ...REQUIRED, PORT: '', JWT_ISSUER: '' })).toMatchObject({ PORT: 8080, JWT_ISSUER: 'postern' })
  })

  it.each([
    ['PORT', '80.5'],
    ['PORT', '65536'],
    ['PORT', '8080 '],
    ['PORT', '0x1F91'],
    ['TRUST_PROXY', 'true'],
    ['ALLOWED_ORIGINS', '*.example.org'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/'],
    ['DATABASE_URL', 'mysql://no-database-named'],
    ['DATABASE_URL', 'mysql://u:%zz@host/db'],
    ['REDIS_URL', 'redis://:%zz@host'],
    ['ACCESS_TOKEN_TTL', '15m'],
    ['ACCESS_TOKEN_TTL', '99999'],
    ['CLOCK_SKEW', '61'],
    ['PLAYGROUND', 'yes'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['DATABASE_URL', 'postgres://localhost/postern'],
    ['REDIS_URL', 'localhost:6379'],
    ['NODE_ENV', 'staging'],
  ])('refuses %s=%s, by name and without the value', (name, value) => {
    const message = problems({ [name]: value })
    expect(message).toContain(`  - ${name} `)
    expect(message).not.toContain(value)
  })

  it.each(['JWT_SECRET', 'REFRESH_KEY', 'REVOCATION_KEY'])('refuses a development %s in production only', (name) => {
    const env = { [name]: `development-${'0'.repeat(64)}` }
    expect(problems(env)).toBe('')
    expect(problems({ ...env, NODE_ENV: 'production' })).toContain(`${name} is a development secret`)
  })

  it('cannot be changed once it is read', () => {
    expect(Object.isFrozen(readConfig(REQUIRED))).toBe(true)
  })
})

describe('what is written about the configuration', () => {
  const names = Object.keys(environment.shape)

  it('.env.example has every variable with its default, and no other', () => {
    const lines = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(lines.map(([name]) => name).toSorted()).toEqual(names.toSorted())
    for (const [name = '', value] of lines) {
      const fallback = writtenDefault(name)
      if (fallback !== '') expect(value, name).toBe(fallback)
    }
  })

  it('the README has every variable with its default, and no other', () => {
    const rows = [...read('README.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`\s+\| (.*?)\s+\|/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(rows.map(([name]) => name).toSorted()).toEqual(names.toSorted())
    for (const [name = '', value] of rows) {
      const fallback = writtenDefault(name)
      if (fallback !== '') expect(value, name).toBe(`\`${fallback}\``)
    }
  })
})
