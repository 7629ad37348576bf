// The client and the state that all pages share.
import { createClient } from '@postern/client'
import { createOutage } from './state/outage.js'
import { createSession } from './state/session.js'

/** The tokens are in cookies that no script can read. Everything else stays in memory. */
export const client = createClient({ url: '/graphql', cookies: true })
export const outage = createOutage(client)
export const session = createSession(client, outage)
