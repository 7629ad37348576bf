// Where the migrations of this service are.
import { packageFolder } from '@postern/service/package-folder'

export const MIGRATIONS = new URL('prisma/migrations/', packageFolder(import.meta.url))
