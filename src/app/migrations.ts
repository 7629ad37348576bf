// Where the migrations of the database are.
import { packageFolder } from '@postern/service/package-folder'

export const MIGRATIONS = new URL('prisma/migrations/', packageFolder(import.meta.url))
