// Only Prisma's tools read this file: generate, studio, migrate. It imports nothing of Prisma, so that it has types where
// the tools are not installed.
export default {
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'mysql://localhost/postern' },
}
