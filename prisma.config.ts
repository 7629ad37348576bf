import { defineConfig } from 'prisma/config'

// The service never reads this file. It is here for Prisma's own tools: generate, studio, migrate.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'mysql://localhost/postern' },
})
