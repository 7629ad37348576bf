// Available usernames: they are not in Redis, so every check reads MySQL.
import { checkPeer } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { usernameChecks } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { checks } from '../contenders/postern-talks.ts'
import { FREE } from '../load/answers.ts'
import { unclaimed } from '../load/names.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64
const names = unclaimed(200_000)
const talks = checks(CONNECTIONS, names, () => FREE)

const BARE = 'bare node:http, one MGET and one statement per turn'
const SAME_PRISMA = 'Postern with Prisma’s findUnique in its place'
const MERCURIUS_PRISMA = 'mercurius, Prisma’s findUnique'
const PEER = 'better-auth, is-username-available'

export const free: Measure = (setting) =>
  measureBeside(setting, {
    title: `Available usernames, ${CONNECTIONS} connections`,
    talks,
    async others(own) {
      const { stage } = setting
      const data = await prepareBetterAuth(stage)
      const contenders = [
        checkPeer(stage, own, talks, { name: BARE, file: 'bare-http', lookup: 'batched' }),
        checkPeer(stage, own, talks, { name: SAME_PRISMA, file: 'postern-prisma', lookup: 'prisma' }),
        checkPeer(stage, own, talks, { name: MERCURIUS_PRISMA, file: 'mercurius', lookup: 'prisma' }),
        checkPeer(stage, own, talks, { name: 'mercurius, mysql2', file: 'mercurius' }),
        betterAuth(PEER, data, usernameChecks(CONNECTIONS, names, true)),
      ]
      return { contenders, data: [data] }
    },
    peers: [PEER],
    targets: ({ target }) => [
      ...target('username check, free, requests/s, against the build before', BEFORE, 1.25),
      ...target('… against bare node:http with one MGET and one statement a turn', BARE, 0.88),
      ...target('… against Postern with Prisma findUnique', SAME_PRISMA, 4),
      ...target('… against mercurius with Prisma findUnique', MERCURIUS_PRISMA, 4),
      ...target('… against better-auth’s is-username-available', PEER, null),
    ],
  })
