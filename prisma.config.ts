import { defineConfig } from 'prisma/config'

// Only Prisma's tools read this file: generate, studio, migrate.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'mysql://localhost/postern' },
})
