// Where the migrations of the database are.

export const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url)
