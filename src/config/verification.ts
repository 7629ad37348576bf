// The variables of verified addresses.
import { z } from 'zod'
import { flag, type Variables } from './values.js'

export const verificationVariables = z.object({
  REQUIRE_VERIFIED_EMAIL: flag.default(false),
  HIDE_REGISTRATION: flag.default(false),
})

/** Otherwise a sign-in right after a registration shows whether the account is new. */
export const shownBySignIn = (env: Variables): string[] =>
  env['HIDE_REGISTRATION'] === 'true' && env['REQUIRE_VERIFIED_EMAIL'] !== 'true'
    ? ['HIDE_REGISTRATION requires REQUIRE_VERIFIED_EMAIL=true']
    : []
