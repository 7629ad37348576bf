// Taken usernames in Redis, the most frequent kind of check.
import { checkPeer } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { usernameChecks } from '../contenders/better-auth-talks.ts'
import { BEFORE, NOW, postern } from '../contenders/postern.ts'
import { checks } from '../contenders/postern-talks.ts'
import { TAKEN } from '../load/answers.ts'
import { fillRedis, longCache, onlyRedis, takenNames } from '../contenders/taken-usernames.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64
const talks = checks(CONNECTIONS, takenNames, () => TAKEN)

const MERCURIUS = 'mercurius, jit: 1'
const BARE_SINGLE = 'bare node:http, one GET per request'
const BARE = 'bare node:http, one MGET per turn'
const WITH_CACHE = 'Postern, with its process cache'
const PEER = 'better-auth, is-username-available'

export const hit: Measure = (setting) =>
  measureBeside(setting, {
    title: `Taken usernames, ${CONNECTIONS} connections`,
    talks,
    env: onlyRedis,
    prepare: (build) => fillRedis(setting, build),
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
        betterAuth(PEER, data, usernameChecks(CONNECTIONS, takenNames, false)),
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
