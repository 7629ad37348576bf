// The client of the browser: one for the whole app. It keeps the session alive, and refreshes it when necessary.
'use client'
import { createClient } from '@postern/client'

export const client = createClient({ url: '/graphql', cookies: true })
