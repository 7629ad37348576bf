// npm run bench: compares the built service with others, on private servers that live only as long as the run.
// npm run bench -- <part> …: only these parts. npm run bench -- check: lint and types of bench/. npm run bench -- session:
// compares @postern/session with other libraries.
import { availableParallelism } from 'node:os'
import { build } from '../tools/launch/build.mjs'
import { CommandFailed, run } from '../tools/launch/children.mjs'
import { installDependencies } from '../tools/launch/install.mjs'
import { main } from '../tools/launch/main.mjs'
import { inRoot, node, root } from '../tools/launch/paths.mjs'
import { ensurePrograms } from '../tools/launch/programs.mjs'
import { say, step } from '../tools/launch/progress.mjs'
import { Failure } from '../tools/launch/lifetime.mjs'

const wanted = process.argv.slice(2)
// Always measure on private servers.
for (const name of ['DATABASE_URL', 'REDIS_URL']) delete process.env[name]

async function bench() {
  say()
  await step('dependencies', (note) => installDependencies(note))
  await step('build', (note) => build(note))
  await step('peers', (note) => installDependencies(note, inRoot('bench')))
  if (wanted[0] === 'check') return check()
  if (wanted[0] === 'session') return session()
  if (process.platform !== 'linux' || availableParallelism() < 2) {
    throw new Failure('The benchmarks need Linux and two cores: one for the servers, the rest for their clients.')
  }
  await ensurePrograms(['mariadb', 'redis'])
  // The servers under test have core 0 to themselves. Everything else shares the other cores.
  const cores = `1-${availableParallelism() - 1}`
  return succeeds('The benchmarks', 'taskset', ['-c', cores, node, inRoot('bench/main.ts'), ...wanted])
}

async function check() {
  /** @param {string} file @param {string[]} args */
  const tool = (file, ...args) => succeeds(file, node, [inRoot('node_modules', file), ...args])
  const linted = await tool('eslint/bin/eslint.js', 'bench', '--max-warnings=0')
  const typed = await tool('typescript/bin/tsc', '--project', 'bench')
  return linted || typed
}

async function session() {
  await ensurePrograms(['redis'])
  for (const file of ['validate.ts', 'memory.ts', 'propagation.ts']) {
    const code = await succeeds(file, node, ['--expose-gc', inRoot('bench/session', file)])
    if (code !== 0) return code
  }
  return 0
}

/** @param {string} name @param {string} command @param {string[]} args @returns {Promise<number>} the exit code */
async function succeeds(name, command, args) {
  try {
    await run(name, command, args, { cwd: root, passThrough: true })
    return 0
  } catch (error) {
    if (error instanceof CommandFailed) return error.code
    throw error
  }
}

await main(bench)
