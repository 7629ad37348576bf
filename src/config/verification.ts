// The variables of verified addresses.
import { z } from 'zod'
import { flag, type Variables } from '@postern/service/values'

export const verificationVariables = z.object({
  REQUIRE_VERIFIED_EMAIL: flag.default(false),
  HIDE_REGISTRATION: flag.default(false),
})

/** Finds variables that are valid alone but not together. */
export function verificationProblems(env: Variables): string[] {
  const problems = []
  const isRequired = env['REQUIRE_VERIFIED_EMAIL'] === 'true'
  // Otherwise a sign-in right after a registration shows whether the account is new.
  if (env['HIDE_REGISTRATION'] === 'true' && !isRequired)
    problems.push('HIDE_REGISTRATION requires REQUIRE_VERIFIED_EMAIL=true')
  if (isRequired && env['NODE_ENV'] === 'production' && env['SMTP_URL'] === undefined)
    problems.push('REQUIRE_VERIFIED_EMAIL requires SMTP_URL: without mails, no new user could sign in')
  if (isRequired && env['OUTBOX'] === 'false')
    problems.push('REQUIRE_VERIFIED_EMAIL requires OUTBOX=true: without events there are no mails')
  return problems
}
