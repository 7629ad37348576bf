// Where the migrations of this service are.

export const MIGRATIONS = new URL('../prisma/migrations/', import.meta.url)
