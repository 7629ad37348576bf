// The rules for the inputs of audit.graphql, beyond the types that the SDL gives.
import { z } from 'zod'
import { isId } from '@postern/service/ids'
import { pageOf } from './page-rules.js'

/** The id columns are ASCII and can't be compared with other text. */
const id = z.string().refine(isId, 'must be the ID of a user')

/** What the database can compare. */
const moment = z
  .date()
  .refine((value) => value.getUTCFullYear() >= 1970 && value.getUTCFullYear() <= 9999, 'must be between 1970 and 9999')

const filter = z.object({
  accountId: id.nullish(),
  actorId: id.nullish(),
  action: z.string().nullish(),
  result: z.string().nullish(),
  from: moment.nullish(),
  to: moment.nullish(),
})

export const auditInputs = { auditLog: pageOf({ filter: filter.nullish() }), myActivity: pageOf({}) }
