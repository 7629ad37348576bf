// The RPC CheckUsernameAvailability.
import { UsernameUnavailableReason } from '@postern/proto/auth'
import { invalidField } from '@postern/service/errors'
import type { Availability, UsernameServices } from '../services/usernames/index.js'
import type { Response, Runs } from './rpc.js'

type Answer = Response<'checkUsernameAvailability'>

const MOST = 10

/** By default none: clients need them less often than answers, and finding them reads MySQL. */
function requestedSuggestions(requested = 0): number {
  if (requested < 0 || requested > MOST)
    throw invalidField('maxSuggestions', `Max suggestions must be between 0 and ${MOST}.`)
  return requested
}

const answerTo = ({ available, username, reason, message }: Availability): Answer => ({
  ...{ available, username, message },
  ...(reason !== null && { reason: UsernameUnavailableReason[reason] }),
})

export const usernameRuns = ({
  availability,
  suggestions,
}: Pick<UsernameServices, 'availability' | 'suggestions'>): Pick<Runs, 'checkUsernameAvailability'> => ({
  checkUsernameAvailability({ username, maxSuggestions }) {
    const most = requestedSuggestions(maxSuggestions)
    const answered = (answer: Availability): Answer | Promise<Answer> =>
      most === 0 || answer.available
        ? answerTo(answer)
        : suggestions.similarTo(answer, most).then((found) => ({ ...answerTo(answer), suggestions: found }))
    const found = availability.check(username)
    return found instanceof Promise ? found.then(answered) : answered(found)
  },
})
