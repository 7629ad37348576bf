// Peers of a single operation: those without authentication, and programs that do only what it can't do without.
import type { Contender } from '../load/slices.ts'
import type { Slice } from '../load/traffic.ts'
import { startCandidate } from '../stage/candidate.ts'
import type { Stage } from '../stage/stage.ts'
import { over } from './over.ts'
import type { Build, Talks } from './postern.ts'
import type { CheckTalks } from './postern-talks.ts'

/** Answers Postern's own requests from the same rows. */
export function bareProfile(name: string, stage: Stage, build: Build, talks: Talks): Contender {
  return over(
    name,
    () => startCandidate({ name, file: 'bench/peers/bare-profile.ts', env: build.data.urls }),
    (candidate) => talks({ stage, build, candidate }),
  )
}

/** One of peers/ that answers checks of usernames as Postern does, from the same data. */
export function checkPeer(
  stage: Stage,
  { data }: Build,
  talks: CheckTalks,
  { name, file, lookup }: { name: string; file: string; lookup?: 'single' | 'batched' | 'prisma' },
): Contender {
  return over(
    name,
    () => stage.peer(data, name, file, lookup),
    (candidate) => talks({ candidate }),
  )
}

/** Hashes without a server around it. `env` sets the cost, as for Postern. */
export function bareHashing(
  name: string,
  { atOnce, work, env = {} }: { atOnce: number; work: 'hash' | 'verify'; env?: Record<string, string> },
): Contender {
  return {
    name,
    async open() {
      const candidate = await startCandidate({ name, file: 'bench/peers/bare-hashing.ts', env, path: '/' })
      return {
        pid: candidate.pid,
        async slice(milliseconds) {
          const answer = await fetch(`${candidate.url}?milliseconds=${milliseconds}&atOnce=${atOnce}&work=${work}`)
          return (await answer.json()) as Slice
        },
        close: () => candidate.stop(),
      }
    },
  }
}
