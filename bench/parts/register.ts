// Registrations with the cheapest hash, so that everything beside it shows.
import { bareHashing } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth, signUps } from '../contenders/better-auth.ts'
import { BEFORE, registrations } from '../contenders/postern.ts'
import { measureBeside, noise } from './beside.ts'
import type { Measure } from './part.ts'

const SIGN_UP = 'better-auth, sign-up'
const HASH = '@node-rs/argon2, the hash alone'
const CONNECTIONS = 8
/** The lowest cost that Postern accepts: 1 MiB, one pass. */
const LOWEST_COST = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }

export const register: Measure = async (setting) => {
  const { compared, slicing } = await measureBeside(setting, {
    talks: registrations(CONNECTIONS),
    env: LOWEST_COST,
    slicing: { warmUpRequests: 300 },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      const contenders = [
        betterAuth(SIGN_UP, data, signUps(CONNECTIONS), LOWEST_COST),
        bareHashing(HASH, { atOnce: 1, work: 'hash', env: LOWEST_COST }),
      ]
      return { contenders, data: [data] }
    },
  })
  return {
    targets: [
      ...compared.cpuBeside('register, CPU beside the hash, against the build before', BEFORE, HASH, 0.35),
      ...compared.cpuBeside('… against better-auth’s sign-up', SIGN_UP, HASH, null),
    ],
    tables: [compared.table(`Registrations, ${CONNECTIONS} connections`, slicing, [noise, hashNote, peerNote])],
  }
}

const hashNote = `All hash at argon2id’s lowest cost here (1 MiB, one pass). The CPU time beside the hash is what is left after the median of “${HASH}” is subtracted.`
const peerNote =
  'A sign-up of better-auth also starts a session, which is its default. It has no list of breached passwords, reserved or confusable usernames, and no audit log.'
