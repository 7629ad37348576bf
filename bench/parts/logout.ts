// Logouts: committed, and delivered to Redis, when the answer arrives.
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { signOuts } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { logouts } from '../contenders/postern-talks.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const SIGN_OUT = 'better-auth, sign-out'
const CONNECTIONS = 16
/** Enough for one generation of processes: each logout needs a session of its own. */
const SESSIONS = 20_000

export const logout: Measure = (setting) =>
  measureBeside(setting, {
    title: `Logouts, ${CONNECTIONS} connections`,
    talks: logouts(CONNECTIONS, SESSIONS),
    slicing: { warmUpRequests: 1000 },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      return { contenders: [betterAuth(SIGN_OUT, data, signOuts(CONNECTIONS, SESSIONS))], data: [data] }
    },
    peers: [SIGN_OUT],
    targets: ({ target }) => [
      ...target('logout, requests/s, against the build before', BEFORE, 3.2),
      ...target('… against better-auth’s sign-out', SIGN_OUT, 1.5),
    ],
    notes: [
      'A logout of Postern ends the session, writes an entry in the audit log, and is delivered to every service that verifies tokens itself. A sign-out of better-auth deletes one row; copies of the session in cookies stay valid until they expire.',
    ],
  })
