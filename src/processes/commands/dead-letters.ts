// dlq: the events that a consumer of Postern could not process.
import { deadLetterCommands } from '@postern/service/commands/dead-letters'
import { withApp } from './with-app.js'

export const deadLetters = deadLetterCommands((use) => withApp((app) => use(app.deadLetters)))
