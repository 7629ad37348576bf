// npm run test:unit: the tests that need no servers. Needs what npm run build makes.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
if (!existsSync(`${root}/src/generated/graphql.ts`)) {
  console.error('The generated code is missing. Run npm run build first.')
  process.exit(1)
}
const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/unit/', ...process.argv.slice(2)]
process.exit(spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit' }).status ?? 1)
