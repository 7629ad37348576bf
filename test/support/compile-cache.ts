import { flushCompileCache } from 'node:module'
import { beforeAll } from 'vitest'

// Node writes its cache of compiled code when a process ends by its own, which a process of Vitest does not.
beforeAll(() => {
  flushCompileCache()
})
