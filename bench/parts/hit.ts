// Taken usernames in Redis, the most frequent kind of check.
import { checkPeer } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { usernameChecks } from '../contenders/better-auth-talks.ts'
import { BEFORE, type Build, NOW, postern } from '../contenders/postern.ts'
import { checks } from '../contenders/postern-talks.ts'
import { TAKEN } from '../load/answers.ts'
import { openTraffic } from '../load/traffic.ts'
import { nameOf } from '../stage/schemas.ts'
import { measureBeside } from './beside.ts'
import type { Measure, Setting } from './part.ts'

const CONNECTIONS = 64
const NAMES = 10_000
const names = Array.from({ length: NAMES }, (_, n) => nameOf(n + 1))
const talks = checks(CONNECTIONS, names, () => TAKEN)

/** Long enough that no name expires while contenders take turns. */
const longCache = { USERNAME_CACHE_TTL: '86400' }
/** Without a hold on released usernames, there is no process cache. */
const env = { ...longCache, USERNAME_HOLD: '0' }

const MERCURIUS = 'mercurius, jit: 1'
const BARE_SINGLE = 'bare node:http, one GET per request'
const BARE = 'bare node:http, one MGET per turn'
const WITH_CACHE = 'Postern, with its process cache'
const PEER = 'better-auth, is-username-available'

export const hit: Measure = (setting) =>
  measureBeside(setting, {
    title: `Taken usernames, ${CONNECTIONS} connections`,
    talks,
    env,
    prepare: (build) => fill(setting, build),
    async others(own) {
      const { stage } = setting
      const data = await prepareBetterAuth(stage)
      const contenders = [
        postern(stage, { ...own, name: WITH_CACHE }, talks, longCache),
        checkPeer(stage, own, talks, { name: BARE, file: 'bare-http', lookup: 'batched' }),
        checkPeer(stage, own, talks, { name: BARE_SINGLE, file: 'bare-http' }),
        checkPeer(stage, own, talks, { name: MERCURIUS, file: 'mercurius' }),
        checkPeer(stage, own, talks, { name: 'graphql-yoga', file: 'yoga' }),
        checkPeer(stage, own, talks, { name: 'Apollo on Fastify', file: 'apollo-fastify' }),
        checkPeer(stage, own, talks, { name: 'Apollo standalone', file: 'apollo-standalone' }),
        betterAuth(PEER, data, usernameChecks(CONNECTIONS, names, false)),
      ]
      return { contenders, data: [data] }
    },
    peers: [PEER],
    targets: ({ target, between }) => [
      ...target('username check, taken, requests/s, against the build before', BEFORE, 1.35),
      ...target('… against bare node:http with one MGET a turn', BARE, 0.9),
      ...target('… against bare node:http with one GET a request', BARE_SINGLE, 0.95),
      ...target('… against mercurius', MERCURIUS, 2.2),
      ...target('… against better-auth’s is-username-available', PEER, null),
      ...between('… answered from the process’s memory, against the same answered by Redis', WITH_CACHE, NOW, 1.1),
    ],
    notes: ['better-auth has no cache of usernames: it reads MariaDB.'],
    hasChart: true,
  })

/** Fills Redis by checks of a Postern that is not measured: so the entries have the form that the build gives them. */
async function fill({ stage, note }: Setting, build: Build): Promise<void> {
  note(`filling Redis, ${build.name}`)
  const candidate = await stage.postern(build.data, { ...build, env })
  const traffic = openTraffic(candidate.url, await talks({ candidate }))
  for (let attempt = 1; (await build.data.redis.dbsize()) < NAMES; attempt++) {
    if (attempt > 5) throw new Error('Postern did not put the usernames into Redis.')
    await traffic.times(NAMES)
  }
  traffic.close()
  await candidate.stop()
}
