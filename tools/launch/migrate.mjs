// Brings the database of the development service up to date.
import { run } from './children.mjs'
import { inRoot, node, root } from './paths.mjs'

/** @param {NodeJS.ProcessEnv} settings @param {(text: string) => void} note */
export async function migrate(settings, note) {
  const output = await run('The migration', node, [inRoot('dist/cli.js'), 'migrate'], { cwd: root, env: settings })
  note(output.trim().split('\n').at(-1)?.slice(0, 80) ?? '')
}
