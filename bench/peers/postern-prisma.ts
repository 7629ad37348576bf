// Postern itself, all of it, but for the look-up: that goes through Prisma's findUnique.
import type { createApp as CreateApp } from '../../src/app.ts'
import type { readConfig as ReadConfig } from '../../src/config.ts'
import type { createLogger as CreateLogger } from '../../src/logger.ts'
import type { startServer as StartServer } from '../../src/server.ts'
import { built } from '../stage/built.ts'
import { check } from './check.ts'
import { createLookup } from './lookup.ts'

const { readConfig } = (await built('config.js')) as { readConfig: typeof ReadConfig }
const { createLogger } = (await built('logger.js')) as { createLogger: typeof CreateLogger }
const { createApp } = (await built('app.js')) as { createApp: typeof CreateApp }
const { startServer } = (await built('server.js')) as { startServer: typeof StartServer }

const config = readConfig()
const app = await createApp(config, createLogger(config.LOG_LEVEL))
const availability = {
  check,
  findUnavailability: await createLookup(),
} as unknown as typeof app.services.usernames.availability
await startServer({ ...app, services: { ...app.services, usernames: { ...app.services.usernames, availability } } })
