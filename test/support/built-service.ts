import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What Node loads without Vite: the builds of the service and of the packages. */
export const BUILDS = new RegExp(`^${root.replace(/\W/g, '\\$&')}(?:dist|packages/[^/]+/dist)/`)

/**
 * Imports of src/ load its build, dist/. Node loads that in half of the time that Vite needs to compile and run the
 * sources again for every test file.
 */
export function builtService(): Plugin {
  return {
    name: 'postern:built-service',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!importer || importer.includes('/node_modules/')) return null
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
      if (!resolved?.id.startsWith(`${root}src/`)) return null
      const built = resolved.id.replace(`${root}src/`, `${root}dist/`).replace(/\.ts$/, '.js')
      return existsSync(built) ? built : null
    },
  }
}
