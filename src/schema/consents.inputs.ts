// The rules for the inputs of consents.graphql, beyond the types that the SDL gives. The consent service has more.
import { text } from '@postern/service/input/text-rules'
import { z } from 'zod'
import { upTo } from './field-rules.js'
import { pageOf } from './page-rules.js'

/** Far longer than any name or token. */
const short = text.max(100, 'must have at most 100 characters')
const token = z.string().max(512, 'must be the nextPage of the page before')

export const consentInputs = {
  consentPurposes: z.object({ language: short.nullish() }),
  myConsents: pageOf({}),
  consentHistory: z.object({ purpose: short.nullish(), first: upTo(100), after: token.nullish() }),
  grantConsent: z.object({
    purpose: short,
    textVersion: z.number().min(1, 'must be the version of a text'),
    language: short.nullish(),
    scopes: z.array(short).max(100, 'must name at most 100 scopes').nullish(),
  }),
  revokeConsent: z.object({ purpose: short }),
}
