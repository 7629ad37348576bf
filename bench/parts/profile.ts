// Who am I, with an access token.
import { bareProfile } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { getCachedSessions, getSessions } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { profiles } from '../contenders/postern-talks.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const SESSION = 'better-auth, get-session'
const CACHED = 'better-auth, cookie cache'
const BARE = 'bare node:http, the same statement'
const CONNECTIONS = 64

export const profile: Measure = (setting) =>
  measureBeside(setting, {
    title: `\`{profile{id}}\`, ${CONNECTIONS} connections`,
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
    peers: [SESSION, CACHED],
    targets: ({ target }) => [
      ...target('profile, requests/s, against the build before', BEFORE, 2.5),
      ...target('… against better-auth’s get-session', SESSION, 8),
      ...target('… against its cookie cache', CACHED, 4),
      ...target('… against bare node:http with the same statement (stretch)', BARE, 0.5),
    ],
    notes: [
      `“${BARE}” reads the id of the session from the token, without verifying it, and answers as Postern does: no GraphQL, limits, log, metrics or protective headers.`,
      'A session in better-auth’s cookie cache is not looked up: it stays valid for up to five minutes after a sign-out elsewhere.',
    ],
  })
