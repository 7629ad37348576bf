// Builds of Postern, as contenders.
import { resolve } from 'node:path'
import { root } from '../../tools/launch/paths.mjs'
import type { OpenConnection } from '../load/connection.ts'
import type { Contender } from '../load/slices.ts'
import type { Talk } from '../load/traffic.ts'
import type { Candidate } from '../stage/candidate.ts'
import { settle } from '../stage/schemas.ts'
import type { Data, PosternOptions, Stage } from '../stage/stage.ts'
import { overOne } from './over.ts'

export const NOW = 'Postern'
export const AGAIN = 'Postern, a second time'
export const BEFORE = 'Postern, the build before'

/** Users who own usernames, in the database of each build. */
export const USERS = 100_000

/** A checkout that is built, with data of its own. */
export interface Build {
  name: string
  folder: string
  data: Data
}

/** This build twice, which shows the noise, and the one of `before`. Each fills its own caches and is its own relay. */
export async function preparePosterns(stage: Stage, before?: string): Promise<Build[]> {
  const folders = [[NOW, root], [AGAIN, root], ...(before === undefined ? [] : [[BEFORE, resolve(before)]])]
  const builds = []
  for (const [name = '', folder = ''] of folders) {
    const data = await stage.data(folder)
    await settle(data.database, USERS)
    builds.push({ name, folder, data })
  }
  return builds
}

export interface Running {
  stage: Stage
  build: Build
  candidate: Candidate
}

/** Prepares what the connections say to a server that was just started. */
export type Talks = (running: Running) => Promise<Talk[]>

/** How a load reaches a build. */
export interface Door {
  start: (stage: Stage, data: Data, options: PosternOptions) => Promise<Candidate>
  open?: OpenConnection | undefined
}

export const graphql: Door = { start: (stage, data, options) => stage.postern(data, options) }

/** A build under load. `env` is added to the environment of production. */
export const postern = (
  stage: Stage,
  build: Build,
  talks: Talks,
  env: Record<string, string> = {},
  door: Door = graphql,
): Contender => posternUnder(stage, build, { [build.name]: talks }, env, door)[0]!

/** One process of a build under several loads, in turns. */
export function posternUnder(
  stage: Stage,
  build: Build,
  loads: Record<string, Talks>,
  env: Record<string, string> = {},
  { start, open }: Door = graphql,
): Contender[] {
  const { name, folder, data } = build
  const served = Object.entries(loads).map(([load, talks]) => {
    const talksWith = (candidate: Candidate) => talks({ stage, build, candidate })
    return [load, { talks: talksWith, open }] as const
  })
  return overOne(() => start(stage, data, { name, folder, env }), Object.fromEntries(served))
}
