// The version of this program, from its package.json.
import { packageVersion } from '@postern/service/package-version'

export const VERSION = packageVersion(import.meta.url)
