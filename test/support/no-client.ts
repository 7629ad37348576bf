import type { Client } from '../../src/services/sessions/index.js'

/** For what an operator does without a request, as in src/processes/commands/users.ts. */
export const NO_CLIENT: Client = {
  ...{ ipAddress: null, userAgent: null, requestId: null, signal: new AbortController().signal },
  provenKey: () => Promise.resolve(null),
}
