/**
 * Measures `user import` with as many users as BENCH_USERS says, 100,000 by default, of whom a quarter each has a hash of
 * argon2id, bcrypt, PBKDF2 and scrypt: `npm run bench:import`. It needs the servers of `npm start` or of DATABASE_URL, and
 * works in a database of its own.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'

const USERS = Number(process.env['BENCH_USERS'] ?? 100_000)
/** For 100,000 users. */
const LIMIT_SECONDS = 60
const DATABASE = `postern_bench_${randomBytes(4).toString('hex')}`
const given = process.env['DATABASE_URL']
if (!given) throw new Error('Start the servers first, with: npm start')
const url = Object.assign(new URL(given), { pathname: `/${DATABASE}` })

const base64 = (bytes: number) => randomBytes(bytes).toString('base64')
const unpadded = (bytes: number) => base64(bytes).replace(/=+$/, '')
const HASHES = [
  () => `$argon2id$v=19$m=19456,t=2,p=1$${unpadded(16)}$${unpadded(32)}`,
  () => `$2b$10$${base64(40).replaceAll('+', '.').slice(0, 53)}`,
  () => `pbkdf2_sha256$600000$${unpadded(9)}$${base64(32)}`,
  () => `$scrypt$ln=15,r=8,p=1$${unpadded(16)}$${unpadded(32)}`,
]

function csv(): string {
  const rows = Array.from({ length: USERS }, (_, n) => {
    const name = `u${randomBytes(6).toString('hex')}`
    return `${name}@example.com,${name},"${HASHES[n % HASHES.length]!()}",Ada,Lovelace,2020-01-31T12:00:00Z,true`
  })
  return ['email,username,password_hash,first_name,last_name,created_at,email_verified', ...rows, ''].join('\n')
}

/** Returns how many seconds it took. */
async function postern(...args: string[]): Promise<number> {
  const began = performance.now()
  const env = { ...process.env, DATABASE_URL: url.href }
  const child = spawn(process.execPath, ['dist/cli.js', ...args], { env, stdio: 'inherit' })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`postern ${args.join(' ')} ended with ${code}`)
  return (performance.now() - began) / 1000
}

const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
const admin = await createConnection({ uri: given })
try {
  const file = join(folder, 'users.csv')
  await writeFile(file, csv())
  await admin.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`)
  await postern('migrate')
  const seconds = await postern('user', 'import', file)
  const rate = Math.round(USERS / seconds).toLocaleString('en')
  const megabytes = ((await stat(file)).size / 1e6).toFixed(0)
  console.log(`\n${USERS.toLocaleString('en')} users (${megabytes} MB) in ${seconds.toFixed(1)} s: ${rate} per second`)
  if (seconds > (LIMIT_SECONDS * USERS) / 100_000) {
    console.log(`It should take less than ${LIMIT_SECONDS} s for 100,000 users.`)
    process.exitCode = 1
  }
  console.log(`${cpus().length} × ${cpus()[0]?.model}, shared with MariaDB`)
} finally {
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE}`)
  await admin.end()
  await rm(folder, { recursive: true })
}
