// Logins, beside only the hashing that each login requires, and beside those with a second factor.
import { bareHashing } from '../contenders/bare.ts'
import { betterAuth, prepareBetterAuth } from '../contenders/better-auth.ts'
import { signIns } from '../contenders/better-auth-talks.ts'
import { BEFORE } from '../contenders/postern.ts'
import { logins as loginTalks } from '../contenders/postern-talks.ts'
import { loginsWithCode } from '../contenders/second-factor.ts'
import { measureBeside } from './beside.ts'
import type { Measure } from './part.ts'

const AT_ONCE = 16
/** So many that no user reaches the limit of sessions soon. */
const PEOPLE = 128
/** So many that each has a code whenever it is their turn: two at once, and one more every half minute. */
const PEOPLE_WITH_APP = 256
const WITH_CODE = 'Postern, with a second factor'
const SIGN_IN = 'better-auth, sign-in'
const ONE_BY_ONE = '@node-rs/argon2, one after the other'
const ALL_AT_ONCE = `@node-rs/argon2, ${AT_ONCE} at once`

export const logins: Measure = (setting) =>
  measureBeside(setting, {
    title: `Logins, ${AT_ONCE} at a time`,
    talks: loginTalks(AT_ONCE, PEOPLE),
    more: { [WITH_CODE]: loginsWithCode(AT_ONCE, PEOPLE_WITH_APP) },
    // Sixteen logins take a quarter of a second.
    slicing: { warmUpRequests: 100, milliseconds: 400, slices: Math.ceil(setting.slicing.slices / 2) },
    async others() {
      const data = await prepareBetterAuth(setting.stage)
      const contenders = [
        betterAuth(SIGN_IN, data, signIns(AT_ONCE, PEOPLE)),
        bareHashing(ONE_BY_ONE, { atOnce: 1, work: 'verify' }),
        bareHashing(ALL_AT_ONCE, { atOnce: AT_ONCE, work: 'verify' }),
      ]
      return { contenders, data: [data] }
    },
    peers: [SIGN_IN],
    targets: ({ target, cost }) => [
      ...target('logins against bare hashing, one after the other, same parameters', ONE_BY_ONE, 1.05),
      ...target(`logins, ${AT_ONCE} at a time, against the build before`, BEFORE, null),
      ...target('… against better-auth’s sign-in', SIGN_IN, null),
      ...cost('CPU of a login with a second factor, against one without', WITH_CODE, 1.1),
    ],
    notes: [
      `“${WITH_CODE}” is the same process. Its logins are two requests, which count as one: login, which answers MFA_REQUIRED, and verifyMfa with the code of an authenticator app.`,
      'Bare hashing is a loop in one process with the default handling of memory. All verify argon2id hashes of 19 MiB and two passes.',
    ],
  })
