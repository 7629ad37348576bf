// Taken usernames in Redis, the most frequent kind of check.
import { join } from 'node:path'
import { TAKEN } from '../load/answers.ts'
import { people, writeNames } from '../load/names.ts'
import { check } from '../load/request-bodies.ts'
import { compare, figureColumns, figureRow } from '../load/rounds.ts'
import { type Load, saturate } from '../load/wrk.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { against } from '../report/against.ts'
import { median } from '../report/statistics.ts'
import { claim } from '../stage/owners.ts'
import type { Data, Stage } from '../stage/stage.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64
const NAMES = 10_000

/** Long enough that no name expires while candidates take turns. */
const longCache = { USERNAME_CACHE_TTL: '86400' }
/** Without a hold on released usernames, there is no process cache. */
const env = { ...longCache, USERNAME_HOLD: '0' }

const mercurius = 'mercurius, jit: 1'
const bareSingle = 'bare node:http, one GET per request'
const bareBatched = 'bare node:http, one MGET per turn'
const withProcessCache = 'Postern, with its process cache'

export const hit: Measure = async ({ stage, note, ...rounds }) => {
  const data = await stage.data()
  const names = people(NAMES)
  await claim(data.database, names)
  const file = writeNames(join(stage.files, 'taken'), names)

  const load = { file, body: check, connections: CONNECTIONS }
  note('filling Redis')
  await fill(stage, data, load)

  const candidates = await Promise.all([
    stage.postern(data, { env }),
    stage.postern(data, { name: withProcessCache, env: longCache }),
    stage.peer(data, bareBatched, 'bare-http', 'batched'),
    stage.peer(data, bareSingle, 'bare-http'),
    stage.peer(data, mercurius, 'mercurius'),
    stage.peer(data, 'graphql-yoga', 'yoga'),
    stage.peer(data, 'Apollo on Fastify', 'apollo-fastify'),
    stage.peer(data, 'Apollo standalone', 'apollo-standalone'),
  ])
  const figures = await compare(candidates, { ...rounds, load, names, answer: TAKEN, note })

  const { target, limit, columns, cells } = against(figures, 'Postern')
  const targets = [
    target('hit path, Redis in both, against mercurius', mercurius, 2.2),
    target('hit path against bare node:http with the same Redis read', bareSingle, 0.95),
    target('… that batches its reads as Postern does', bareBatched, 0.95),
  ]
  const rows = [...figures].map(([name, each]) => [...figureRow(name, each), ...cells(name)])
  const profile = await profileIfMissed(targets, stage, data, { env }, load)
  await stage.discard(data)
  return {
    targets,
    tables: [
      {
        title: 'Taken usernames',
        columns: [...figureColumns, ...columns],
        rows,
        notes: [limit(bareBatched, mercurius, 2.2)],
      },
      ...profile,
    ],
    chart: [...figures].map(([name, each]) => ({
      name,
      value: median(each.perSecond),
      least: Math.min(...each.perSecond),
      most: Math.max(...each.perSecond),
    })),
  }
}

/**
 * Fills Redis by checks of a Postern that is not measured: so the entries have the form that Postern gives them, and no
 * candidate is warm before the others.
 */
async function fill(stage: Stage, data: Data, load: Omit<Load, 'url' | 'seconds'>): Promise<void> {
  const postern = await stage.postern(data, { env })
  for (let seconds = 1; (await data.redis.dbsize()) < NAMES; seconds *= 2) {
    if (seconds > 30) throw new Error('Postern did not put the usernames into Redis.')
    await saturate({ ...load, url: postern.url, seconds })
  }
  await postern.stop()
}
