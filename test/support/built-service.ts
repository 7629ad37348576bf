import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What Node loads without Vite: the builds of the service and of the packages. */
export const BUILDS = new RegExp(`^${root.replace(/\W/g, '\\$&')}(?:dist|packages/[^/]+/dist|services/[^/]+/dist)/`)

const SOURCES = new RegExp(`^(${root.replace(/\W/g, '\\$&')}(?:services/[^/]+/)?)src/(.*)$`)

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
      const [, folder, path] = SOURCES.exec(resolved?.id ?? '') ?? []
      if (folder === undefined || path === undefined) return null
      const built = `${folder}dist/${path.replace(/\.ts$/, '.js')}`
      return existsSync(built) ? built : null
    },
  }
}
