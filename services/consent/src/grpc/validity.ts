// The RPCs that answer whether consents are valid: ValidateConsent and BulkValidateConsents.
import { readingFor, type Caller } from '@postern/service/callers/caller'
import { parse } from '@postern/service/input/parse'
import type { Catalog } from '../purposes/catalog.js'
import type { Question, Validation } from '../validation/validation.js'
import { inputs } from './inputs.js'
import type { CountCall } from './limits.js'
import { writeAnswer } from './messages.js'
import { type ConsentRuns, knownPurpose, knownScopes } from './rpc.js'

interface Parts {
  catalog: Catalog
  validation: Validation
  count: CountCall
}

interface Check {
  userId?: string | undefined
  purpose: string
  scopes: readonly string[]
}

export function validityRuns({ catalog, validation, count }: Parts) {
  /** `path`: of the question, with a dot after it. */
  function questionOf(caller: Caller, { userId, purpose: name, scopes }: Check, path = ''): Question {
    const purpose = knownPurpose(catalog, name, `${path}purpose`)
    return { userId: readingFor(caller, userId), purpose, scopes: knownScopes(purpose, scopes, `${path}scopes`) }
  }

  return {
    async validateConsent(request, context) {
      const caller = await context.caller()
      count(caller, 'check')
      return writeAnswer(await validation.check(questionOf(caller, parse(inputs.check, request))))
    },

    async bulkValidateConsents(request, context) {
      const caller = await context.caller()
      count(caller, 'bulk')
      const { checks } = parse(inputs.checks, request)
      const questions = checks.map((check, i) => questionOf(caller, check, `checks.${i}.`))
      return { results: (await validation.checkAll(questions)).map(writeAnswer) }
    },
  } satisfies Partial<ConsentRuns>
}
