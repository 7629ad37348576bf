// The first key pair of KEYS_DIR.
import { run } from './children.mjs'
import { inRoot, node, root } from './paths.mjs'

/** Makes the first key pair where KEYS_DIR has none. @param {NodeJS.ProcessEnv} settings */
export async function makeFirstKey(settings) {
  /** @param {string} command */
  const keys = (command) =>
    run('The keys', node, [inRoot('dist/cli.js'), 'keys', command], { cwd: root, env: settings })
  if ((await keys('list')).startsWith('There is no key')) await keys('rotate')
}
