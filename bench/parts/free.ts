// Available usernames: they are not in Redis, so every check reads MySQL.
import { join } from 'node:path'
import { FREE } from '../load/answers.ts'
import { people, unclaimed, writeNames } from '../load/names.ts'
import { check } from '../load/request-bodies.ts'
import { compare, figureColumns, figureRow } from '../load/rounds.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { against } from '../report/against.ts'
import { claim } from '../stage/owners.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64
const OWNED = 100_000

export const free: Measure = async ({ stage, note, ...rounds }) => {
  const data = await stage.data()
  await claim(data.database, people(OWNED))
  const names = unclaimed(200_000)
  const load = { file: writeNames(join(stage.files, 'free'), names), body: check, connections: CONNECTIONS }

  const bare = 'bare node:http, one MGET and one statement per turn'
  const samePrisma = 'Postern with Prisma’s findUnique in its place'
  const candidates = await Promise.all([
    stage.postern(data),
    stage.peer(data, samePrisma, 'postern-prisma', 'prisma'),
    stage.peer(data, 'mercurius, Prisma’s findUnique', 'mercurius', 'prisma'),
    stage.peer(data, 'mercurius, mysql2', 'mercurius'),
    stage.peer(data, bare, 'bare-http', 'batched'),
  ])
  const figures = await compare(candidates, { ...rounds, load, names, answer: FREE, note })

  const { target, limit, columns, cells } = against(figures, 'Postern')
  const targets = [
    target('available usernames (MySQL in both) against Postern with Prisma findUnique', samePrisma, 4),
    target('… against mercurius with Prisma findUnique', 'mercurius, Prisma’s findUnique', 4),
  ]
  const rows = [...figures].map(([name, each]) => [...figureRow(name, each), ...cells(name)])
  const profile = await profileIfMissed(targets, stage, data, {}, load)
  await stage.discard(data)
  return {
    targets,
    tables: [
      {
        title: 'Available usernames',
        columns: [...figureColumns, ...columns],
        rows,
        notes: [limit(bare, samePrisma, 4)],
      },
      ...profile,
    ],
  }
}
