// The rules for the inputs of managed-accounts.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { line } from '@postern/service/input/text-rules'
import { upTo } from './field-rules.js'

export const managedAccountInputs = {
  searchUsers: z.object({ text: line(254), first: upTo(50) }),
}
