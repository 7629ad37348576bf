// The program that hashes passwords: a child process of the service, started by client.ts, which talks to it over IPC. It
// is a separate process because only a process can have a lower priority: docs/adr/0007-hashing.md.
import { readdirSync } from 'node:fs'
import { platform, setPriority } from 'node:os'

export interface Argon2Parameters {
  memoryKib: number
  timeCost: number
  parallelism: number
}

/**
 * Hashes the password (argon2id, the default of both libraries) with these parameters, or verifies it against this hash,
 * which may be of another system. `typed`: another form of the password, which matches as well.
 */
export type HashJob = { password: string } & (
  { parameters: Argon2Parameters } | { passwordHash: string; typed?: string }
)

/** A ping is answered at once, beside the hashes: it shows that the process runs. */
export type HasherRequest = { id: number } & (HashJob | { ping: true })

export type HasherReply =
  { library: 'argon2' | '@node-rs/argon2' } | { id: number; result: string | boolean } | { id: number; error: string }

interface Library {
  hash: (password: Buffer, parameters: Argon2Parameters) => Promise<string>
  verify: (passwordHash: string, password: Buffer) => Promise<boolean>
}

/** Gives way to the service but still runs: it gets about a seventieth of a core that both use fully. */
const NICENESS = 19

async function nodeRs(): Promise<Library> {
  const { hash, verify } = await import('@node-rs/argon2')
  return {
    hash: (password, { memoryKib: memoryCost, timeCost, parallelism }) =>
      hash(password, { memoryCost, timeCost, parallelism }),
    verify,
  }
}

/** Less than half as fast. It is built from source if it has no binary for this machine. */
async function nodeArgon2(): Promise<Library> {
  const { default: argon2 } = await import('argon2')
  return {
    hash: (password, { memoryKib: memoryCost, timeCost, parallelism }) =>
      argon2.hash(password, { memoryCost, timeCost, parallelism }),
    verify: argon2.verify,
  }
}

/** What the library verifies. All other hashes are foreign. */
const OWN_FORM = /^\$argon2(?:id|i|d)\$v=/

/** Loaded at the first foreign hash: it takes 3 MiB. */
const loadForeign = () => import('./foreign.js')

async function run({ hash, verify }: Library, job: HashJob): Promise<string | boolean> {
  const bytes = (password: string) => Buffer.from(password, 'utf8')
  if ('parameters' in job) return hash(bytes(job.password), job.parameters)
  const { passwordHash, password, typed } = job
  const matches = OWN_FORM.test(passwordHash)
    ? verify
    : ((await loadForeign()).foreignVerifier(passwordHash, verify) ?? verify)
  if (await matches(passwordHash, bytes(password))) return true
  return typed !== undefined && matches(passwordHash, bytes(typed))
}

/** Linux has a priority per thread, and Node.js has already started some. */
function beNice(): void {
  const threads = platform() === 'linux' ? readdirSync('/proc/self/task').map(Number) : [0]
  for (const thread of threads) setPriority(thread, NICENESS)
}

// A failure to send means that the service is gone. 'disconnect' then ends this process.
const reply = (message: HasherReply) => process.send?.(message, () => undefined)

async function load(): Promise<Library> {
  const fast = await nodeRs().catch(() => null)
  reply({ library: fast ? '@node-rs/argon2' : 'argon2' })
  return fast ?? nodeArgon2()
}

async function respond(library: Promise<Library>, { id, ...job }: HasherRequest): Promise<void> {
  if ('ping' in job) return void reply({ id, result: true })
  try {
    reply({ id, result: await run(await library, job) })
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : 'unknown' })
  }
}

beNice()
const library = load()
process.on('message', (request: HasherRequest) => void respond(library, request))
// The service has closed the channel, or is gone.
process.on('disconnect', () => process.exit())
// A terminal or systemd sends these to all processes of a group, but the service still has logins to respond to.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
