// Detects changes of the sources of the service.
import { existsSync, readdirSync, watch } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { onStop } from './lifetime.mjs'
import { inRoot } from './paths.mjs'

/** Editors and git write several files at once. */
const QUIET_MS = 100

const folders = () => {
  const packages = readdirSync(inRoot('packages')).map((name) => `packages/${name}/src`)
  return ['src', ...packages, 'web/app', 'prisma']
    .map((folder) => inRoot(folder))
    .filter((folder) => existsSync(folder))
}

/** Files that the build writes, and temporary files of editors. @param {string} name */
const isSource = (name) => !/(?:^|\/)generated\/|(?:^|\/)\.|~$/.test(name)

export function watchSources() {
  let last = 0
  /** @type {() => void} */
  let wake = () => {}
  const watchers = folders().map((folder) =>
    watch(folder, { recursive: true }, (_, name) => {
      if (name === null || !isSource(name)) return
      last = Date.now()
      wake()
    }),
  )
  onStop(() => watchers.forEach((watcher) => watcher.close()))
  let seen = 0

  return {
    /** Resolves when something has changed since the last call, and no further changes follow. */
    async change() {
      if (last <= seen) await new Promise((resolve) => (wake = () => resolve(undefined)))
      while (Date.now() - last < QUIET_MS) await pause(QUIET_MS)
      seen = last
    },
  }
}
