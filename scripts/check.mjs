// npm run check: the checks that do not run the service, two at a time. It first installs and builds what has changed.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installAndBuild } from '../tools/launch/development.mjs'
import { main } from '../tools/launch/main.mjs'
import { node } from '../tools/launch/paths.mjs'
import { prismaClientProblems } from '../tools/launch/prisma-client.mjs'
import { protobufProblems } from '../tools/launch/protobuf.mjs'

/** @typedef {{ ok: boolean, output: string }} Outcome */

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a tool of node_modules by its file. @param {string} file @param {string[]} args */
const tool = (file, ...args) => program(`node_modules/${file}`, ...args)

/**
 * By the native compiler, which takes a third of the processor's time; ESLint and tsdown still need the other one. More checkers
 * would check the same types again, beside another check on the second core. @param {string} project
 */
const types = (project) => tool('typescript-7/bin/tsc', '--project', project, '--checkers', '1')

/** @param {string} file @param {string[]} args @returns {Promise<Outcome>} */
function program(file, ...args) {
  return new Promise((resolve) => {
    const child = spawn(node, [file, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

/** @typedef {{ version?: string, resolved?: string, integrity?: string, link?: boolean, hasInstallScript?: boolean }} Locked */

/**
 * Problems of one package of a lockfile. A registry's address would make every npm use that registry. A package without a
 * hash can be replaced, and a script can install more without any.
 * @param {string} path @param {Locked} locked @param {object} decided what `allowScripts` of package.json decides about
 */
function lockProblems(path, locked, decided) {
  const { resolved = '', integrity, link, hasInstallScript } = locked
  if (link || resolved.startsWith('file:') || !path.includes('node_modules/')) return []
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return [
    ...(resolved.startsWith('http') ? ["has a registry's address"] : []),
    ...(integrity?.startsWith('sha512-') ? [] : ['has no SHA-512 hash']),
    ...(hasInstallScript && !Object.hasOwn(decided, name) ? ['has an install script: decide in allowScripts'] : []),
  ]
}

/** @returns {Outcome} */
function lockfiles() {
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
  const found = [
    '.',
    'bench',
    'examples/nextjs',
    'prisma',
    'test/fixtures/relay',
    'test/kubernetes',
    'test/runners',
    'test/runtimes',
  ].flatMap((folder) => {
    const { allowScripts: decided = {} } = read(`${folder}/package.json`)
    return Object.entries(read(`${folder}/package-lock.json`).packages).flatMap(([path, locked]) =>
      lockProblems(path, locked, decided).map((problem) => `${folder}/package-lock.json: ${path} ${problem}`),
    )
  })
  return { ok: found.length === 0, output: found.join('\n') }
}

/** @param {() => Promise<string[]>} find */
const none = (find) => async () => {
  const problems = await find()
  return { ok: problems.length === 0, output: problems.join('\n') }
}

const cruised = ['src', 'packages', 'services', 'examples', 'web'].filter((folder) =>
  existsSync(new URL(`../${folder}`, import.meta.url)),
)

/** Slow checks first. @type {[name: string, run: () => Outcome | Promise<Outcome>][]} */
const checks = [
  // bench/ is checked where its packages are installed: npm run bench -- check.
  ['lint', () => tool('eslint/bin/eslint.js', '.', '--max-warnings=0', '--ignore-pattern=bench/')],
  ['types', () => types('tsconfig.test.json')],
  ['types of the pages', () => types('web')],
  // Their projects are stricter than that of the tests: nothing of Node.js in the one, and a type of every export in the other.
  ['types of the client', () => types('packages/client')],
  ['types of session', () => types('packages/session')],
  [
    'boundaries',
    () => tool('dependency-cruiser/bin/dependency-cruise.mjs', ...cruised, '--config', '.dependency-cruiser.cjs'),
  ],
  ['dead code', () => tool('knip/bin/knip.js', '--no-progress')],
  [
    'formatting',
    () => tool('prettier/bin/prettier.cjs', '--check', '.', '--log-level=warn', '--cache', '--cache-strategy=content'),
  ],
  ['deployment', () => program('scripts/check-deployment.mjs')],
  ['generated code', none(prismaClientProblems)],
  ['protocol buffers', none(protobufProblems)],
  ['lockfiles', lockfiles],
]

let allOk = true

async function work() {
  for (let next = checks.shift(); next; next = checks.shift()) {
    const [name, run] = next
    const started = performance.now()
    const { ok, output } = await run()
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${ok ? '✔' : '✘'} ${name.padEnd(20)} ${seconds.padStart(5)} s`)
    if (!ok) {
      allOk = false
      console.log(`\n${output.trimEnd()}\n`)
    }
  }
}

await main(async () => {
  await installAndBuild('everything')
  await Promise.all([work(), work()])
  return allOk ? 0 : 1
})
