import type { NextConfig } from 'next'

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
