import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { NextConfig } from 'next'

// What the service's `npm start` wrote. Variables that are set take precedence. Your own app has its own .env instead.
const settings = join(import.meta.dirname, '../../.postern/env')
if (existsSync(settings)) process.loadEnvFile(settings)

const postern = process.env['POSTERN_URL'] ?? 'http://localhost:8080'

const config: NextConfig = {
  // The browser then calls Postern on the origin of this app, and sends its cookies to this app too.
  rewrites: async () => [{ source: '/graphql', destination: `${postern}/graphql` }],
  // It keeps a connection to Redis, and reads its dependencies from node_modules.
  serverExternalPackages: ['@postern/session'],
  // The lockfile of the repository around this example is another package's.
  turbopack: { root: import.meta.dirname },
}

export default config
