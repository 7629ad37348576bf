// Preloaded by a test (node --import): writes the URLs of all modules that a program loads to the file LOADED_MODULES.
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env['LOADED_MODULES']
if (file)
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      appendFileSync(file, `${resolved.url} ${context.parentURL ?? ''}\n`)
      return resolved
    },
  })
