// Exchanges of refresh tokens, each for the next one of its session.
import { betterAuth, getSessions, prepareBetterAuth } from '../contenders/better-auth.ts'
import { BEFORE, refreshes } from '../contenders/postern.ts'
import { measureBeside, noise } from './beside.ts'
import type { Measure } from './part.ts'

const SESSION = 'better-auth, get-session'
const CONNECTIONS = 32

export const refresh: Measure = async (setting) => {
  const { compared, slicing } = await measureBeside(setting, {
    talks: refreshes(CONNECTIONS),
    slicing: { warmUpRequests: 1500 },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      return { contenders: [betterAuth(SESSION, data, getSessions(CONNECTIONS))], data: [data] }
    },
  })
  return {
    targets: [
      ...compared.target('refreshToken, requests/s, against the build before', BEFORE, 2.6),
      ...compared.target('… against better-auth’s get-session', SESSION, 1.8),
    ],
    tables: [compared.table(`\`refreshToken\`, ${CONNECTIONS} connections`, slicing, [noise, peerNote])],
  }
}

const peerNote =
  'better-auth has no refresh tokens: its get-session is what its clients call as often. It writes only once a day for each session; a refresh of Postern rotates the token, which detects stolen ones, and commits that.'
