import { readFileSync } from 'node:fs'
import { packageFolder } from './package-folder.js'

/** The version of the package that a module is in, from its package.json. `module`: its `import.meta.url`. */
export function packageVersion(module: string): string {
  const text = readFileSync(new URL('package.json', packageFolder(module)), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
