// Finds the files that a program reads besides its code: its migrations, its schema, what it serves.
import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

/**
 * The folder of the package that a module is in. Paths from there are the same for the sources and for the program that is
 * bundled from them, whose files are elsewhere. `module`: its `import.meta.url`.
 */
export function packageFolder(module: string): URL {
  const file = findPackageJSON(module)
  if (file === undefined) throw new Error(`There is no package.json above ${module}`)
  return new URL('./', pathToFileURL(file))
}
