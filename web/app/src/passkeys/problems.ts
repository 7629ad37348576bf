// Says what is wrong with a change of passkeys.
import type { PosternError } from '@postern/client'
import { sentenceFor } from '../wording/problems.js'

export const sayProblem = (error: PosternError): string =>
  error.code === 'REAUTHENTICATION_REQUIRED'
    ? 'You signed in a while ago. Sign out, sign in again, and try once more.'
    : sentenceFor(error)
