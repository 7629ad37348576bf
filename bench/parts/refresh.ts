// Exchanges of refresh tokens, each for the next one of its session.
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { getSessions } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { refreshes } from '../contenders/postern-talks.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const SESSION = 'better-auth, get-session'
const CONNECTIONS = 32

export const refresh: Measure = (setting) =>
  measureBeside(setting, {
    title: `\`refreshToken\`, ${CONNECTIONS} connections`,
    talks: refreshes(CONNECTIONS),
    slicing: { warmUpRequests: 1500 },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      return { contenders: [betterAuth(SESSION, data, getSessions(CONNECTIONS))], data: [data] }
    },
    peers: [SESSION],
    targets: ({ target }) => [
      ...target('refreshToken, requests/s, against the build before', BEFORE, 2.6),
      ...target('… against better-auth’s get-session', SESSION, 1.8),
    ],
    notes: [
      'better-auth has no refresh tokens: get-session is what its clients call as often. It writes only once a day for each session. A refresh of Postern rotates the token, which detects stolen ones, and commits that.',
    ],
  })
