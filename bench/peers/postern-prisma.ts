// All of Postern, except that the lookup uses Prisma's findUnique.
import { createLogger } from '@postern/service/logger'
import type { createApp as CreateApp } from '../../src/app/create-app.ts'
import type { readConfig as ReadConfig } from '../../src/config/index.ts'
import type { startServer as StartServer } from '../../src/http/server.ts'
import type { createPipeline as CreatePipeline } from '../../src/requests/pipeline.ts'
import { built } from '../stage/built.ts'
import { check } from './check.ts'

const { readConfig } = (await built('config/index.js')) as { readConfig: typeof ReadConfig }
const { createApp } = (await built('app/create-app.js')) as { createApp: typeof CreateApp }
const { startServer } = (await built('http/server.js')) as { startServer: typeof StartServer }

const { createPipeline } = (await built('requests/pipeline.js')) as { createPipeline: typeof CreatePipeline }

const config = readConfig()
const logger = createLogger(config.LOG_LEVEL)
const app = await createApp(config, logger)
const availability = {
  check,
  findClaimProblem: () => Promise.resolve(null),
} as unknown as typeof app.services.usernames.availability
await startServer({
  ...app,
  config,
  logger,
  hooks: createPipeline({ ...app, config, logger }),
  services: { ...app.services, usernames: { ...app.services.usernames, availability } },
})
