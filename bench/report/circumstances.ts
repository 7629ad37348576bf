// Describes the machine, its load and the versions of a measurement.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { Rounds } from '../parts/part.ts'
import type { Circumstances } from './results.ts'

const first = (command: string, ...args: string[]) =>
  /\d+\.\d+[.\d]*/.exec(execFileSync(command, args, { encoding: 'utf8' }))?.[0] ?? 'unknown'

const dependencies = (file: string) =>
  (JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { dependencies: Record<string, string> })
    .dependencies

export const load = (): number => loadavg()[0] ?? NaN

export function circumstances(rounds: Rounds | null, loadBefore: number): Circumstances {
  const theirs = dependencies('../package.json')
  const peers = [
    '@apollo/server',
    'fastify',
    'mercurius',
    'graphql-yoga',
    'graphql',
    'better-auth',
    'ioredis',
    'mysql2',
    '@node-rs/argon2',
  ]
  return {
    measured: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadBefore,
    loadAfter: load(),
    ...(rounds && { rounds: rounds.rounds, secondsEach: rounds.seconds }),
    versions: {
      'Node.js': process.versions.node,
      MariaDB: first('mariadbd', '--version'),
      Redis: first('redis-server', '--version'),
      ...Object.fromEntries(peers.map((name) => [name, theirs[name] ?? 'unknown'])),
      '@prisma/client': dependencies('../../package.json')['@prisma/client'] ?? 'unknown',
    },
  }
}
