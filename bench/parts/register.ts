// Registrations with the cheapest hash, so that everything beside it shows.
import { bareHashing } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { signUps } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { registrations } from '../contenders/postern-talks.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const SIGN_UP = 'better-auth, sign-up'
const HASH = '@node-rs/argon2, the hash alone'
const CONNECTIONS = 8
/** The lowest cost that Postern accepts: 1 MiB, one pass. */
const env = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }

export const register: Measure = (setting) =>
  measureBeside(setting, {
    title: `Registrations, ${CONNECTIONS} connections`,
    talks: registrations(CONNECTIONS),
    env,
    slicing: { warmUpRequests: 300 },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      const contenders = [
        betterAuth(SIGN_UP, data, signUps(CONNECTIONS), env),
        bareHashing(HASH, { atOnce: 1, work: 'hash', env }),
      ]
      return { contenders, data: [data] }
    },
    peers: [SIGN_UP],
    targets: ({ cpuBeside }) => [
      ...cpuBeside('register, CPU beside the hash, against the build before', BEFORE, HASH, 0.35),
      ...cpuBeside('… against better-auth’s sign-up', SIGN_UP, HASH, null),
    ],
    notes: [
      `All hash at argon2id’s lowest cost here (1 MiB, one pass). The CPU time beside the hash is what is left after the median of “${HASH}” is subtracted.`,
      'A sign-up of better-auth also starts a session, which is its default. It has no list of common passwords, no reserved or confusable usernames, and no audit log.',
    ],
  })
