// Validates compose.yaml by the schema of the Compose specification.
import { spawnSync } from 'node:child_process'
import { inRoot, node, root } from '../launch/paths.mjs'
import { toolsFolder } from './programs.mjs'

/** Problems of compose.yaml. dclint's opinions about the order of keys are warnings, and don't count. */
export function composeProblems() {
  const program = `${toolsFolder}/node_modules/dclint/bin/dclint.cjs`
  const args = [program, inRoot('compose.yaml')]
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8' })
  return status === 0 ? [] : [`compose.yaml: ${stdout}${stderr}`]
}
