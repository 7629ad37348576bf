// Who am I, with an access token.
import { betterAuth, getCachedSessions, getSessions, prepareBetterAuth } from '../contenders/better-auth.ts'
import { bareProfile } from '../contenders/bare.ts'
import { BEFORE, profiles } from '../contenders/postern.ts'
import { measureBeside, noise } from './beside.ts'
import type { Measure } from './part.ts'

const SESSION = 'better-auth, get-session'
const CACHED = 'better-auth, cookie cache'
const BARE = 'bare node:http, the same statement'
const CONNECTIONS = 64

export const profile: Measure = async (setting) => {
  const { compared, slicing } = await measureBeside(setting, {
    talks: profiles(CONNECTIONS),
    async others(own) {
      const data = await prepareBetterAuth(setting.stage)
      const contenders = [
        betterAuth(SESSION, data, getSessions(CONNECTIONS)),
        betterAuth(CACHED, data, getCachedSessions(CONNECTIONS), { COOKIE_CACHE: 'on' }),
        bareProfile(BARE, setting.stage, own, profiles(CONNECTIONS)),
      ]
      return { contenders, data: [data] }
    },
  })
  return {
    targets: [
      ...compared.target('profile, requests/s, against the build before', BEFORE, 2.5),
      ...compared.target('… against better-auth’s get-session', SESSION, 8),
      ...compared.target('… against its cookie cache', CACHED, 4),
      ...compared.target('… against bare node:http with the same statement (stretch)', BARE, 0.5),
    ],
    tables: [compared.table(`\`{profile{id}}\`, ${CONNECTIONS} connections`, slicing, [noise, bareNote])],
  }
}

const bareNote = `“${BARE}” reads the id of the session from the token, without verifying it, and sends the response of Postern: no GraphQL, limits, log, metrics or protective headers.`
