import { flushCompileCache } from 'node:module'
import { beforeAll } from 'vitest'

/** Of this process, which runs many files. */
const state = globalThis as { areModulesCached?: true }

// Node writes its cache of compiled code when a process ends by its own, which a process of Vitest does not. Most modules
// are loaded with the first file, and each write looks at all of them.
beforeAll(() => {
  if (state.areModulesCached) return
  state.areModulesCached = true
  flushCompileCache()
})
