// What is generated, compiled and copied, and from which files. A step runs only when one of those has changed.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { run } from './children.mjs'
import { filesIn } from './fingerprint.mjs'
import { inRoot, node, root } from './paths.mjs'

/**
 * @typedef {object} BuildStep
 * @property {string} name
 * @property {string[]} after steps whose results it reads
 * @property {() => string[]} inputs
 * @property {() => string[]} outputs as they are after the step
 * @property {() => Promise<unknown>} run
 */

/** The entry file of a tool, which saves starting npx. @param {string} name @param {string} command */
function tool(name, command) {
  const { bin } = JSON.parse(readFileSync(inRoot('node_modules', name, 'package.json'), 'utf8'))
  return inRoot('node_modules', name, typeof bin === 'string' ? bin : bin[command])
}

/** @param {string} title @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
const onNode = (title, args, env = {}) => run(title, node, args, { cwd: root, env: { ...process.env, ...env } })

/** What TypeScript compiles from src to dist: the service, and the contract that it shares with the published packages. */
const compiled = [root, inRoot('packages/contract')]

/** @param {string} folder */
const sourceOf = (folder) => [
  join(folder, 'tsconfig.json'),
  join(folder, 'package.json'),
  ...filesIn(join(folder, 'src')),
]

const sdl = () => filesIn(inRoot('src/schema')).filter((file) => file.endsWith('.graphql'))
const emitted = /\.(js|js\.map|d\.ts|d\.ts\.map)$/

/** @param {string} folder of a package @returns {string[]} the files that TypeScript has written for it */
const emittedIn = (folder) =>
  filesIn(join(folder, 'dist')).filter((file) => emitted.test(file) && !/\/dist\/(?:playground|web)\//.test(file))

/** Deletes results whose source was deleted: they could still be loaded. */
function removeStale() {
  for (const folder of compiled) {
    for (const file of emittedIn(folder)) {
      const source = join(folder, 'src', relative(join(folder, 'dist'), file).replace(emitted, '.ts'))
      if (!existsSync(source)) rmSync(file)
    }
  }
}

/** @param {string} folder */
async function compile(folder) {
  // TypeScript trusts its record, and would not write missing results again.
  for (const folder of compiled) {
    const records = [join(folder, 'dist/.tsbuildinfo'), join(folder, 'tsconfig.tsbuildinfo')]
    if (sourcesOf(folder).some((file) => !existsSync(file)))
      for (const record of records) rmSync(record, { force: true })
  }
  await onNode('tsc', [tool('typescript', 'tsc'), '-b', folder])
  removeStale()
}

/** @param {string} folder of a package @returns {string[]} the results that its sources must have */
const sourcesOf = (folder) =>
  filesIn(join(folder, 'src'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, 'dist', relative(join(folder, 'src'), file).replace(/\.ts$/, '.js')))

async function copySdl() {
  const target = inRoot('dist/schema')
  mkdirSync(target, { recursive: true })
  const wanted = new Set(sdl().map((file) => basename(file)))
  for (const name of readdirSync(target)) if (name.endsWith('.graphql') && !wanted.has(name)) rmSync(join(target, name))
  for (const file of sdl()) copyFileSync(file, join(target, basename(file)))
}

/**
 * A published package: the contract goes into its results, as it will when the package is packed.
 * @param {string} name @param {string[]} after @returns {BuildStep}
 */
function bundle(name, after) {
  const folder = inRoot('packages', name)
  return {
    name,
    after,
    inputs: () => [inRoot('tsconfig.base.json'), ...sourceOf(folder), ...sourceOf(inRoot('packages/contract'))],
    outputs: () => filesIn(join(folder, 'dist')),
    run: () => run('tsdown', node, [tool('tsdown', 'tsdown'), '--logLevel', 'warn'], { cwd: folder }),
  }
}

/** @type {BuildStep[]} */
export const buildSteps = [
  {
    name: 'prisma',
    after: [],
    inputs: () => [inRoot('prisma/schema.prisma'), inRoot('prisma.config.ts')],
    outputs: () => filesIn(inRoot('src/generated/prisma')),
    // Prisma would download an engine that generating does not use. Any file in its place prevents that.
    run: () =>
      onNode('prisma generate', [tool('prisma', 'prisma'), 'generate'], {
        PRISMA_SCHEMA_ENGINE_BINARY: node,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      }),
  },
  {
    name: 'codegen',
    after: [],
    inputs: () => [inRoot('codegen.yml'), ...sdl()],
    outputs: () => [inRoot('src/generated/graphql.ts'), inRoot('packages/client/src/generated/schema.ts')],
    run: () => onNode('graphql-codegen', [tool('@graphql-codegen/cli', 'graphql-codegen'), '--config', 'codegen.yml']),
  },
  {
    name: 'schema',
    after: [],
    inputs: sdl,
    outputs: () => filesIn(inRoot('dist/schema')).filter((file) => file.endsWith('.graphql')),
    run: copySdl,
  },
  {
    name: 'playground',
    after: [],
    inputs: () => [inRoot('scripts/build-playground.mjs'), ...filesIn(inRoot('web/playground'))],
    outputs: () => filesIn(inRoot('dist/playground')),
    run: () => onNode('the playground build', [inRoot('scripts/build-playground.mjs')]),
  },
  {
    name: 'contract',
    after: [],
    inputs: () => [inRoot('tsconfig.base.json'), ...sourceOf(inRoot('packages/contract'))],
    outputs: () => emittedIn(inRoot('packages/contract')),
    run: () => compile(inRoot('packages/contract')),
  },
  bundle('session', ['contract']),
  bundle('client', ['contract', 'codegen']),
  {
    name: 'tsc',
    after: ['prisma', 'codegen', 'contract', 'session'],
    inputs: () => [
      inRoot('tsconfig.base.json'),
      ...compiled.flatMap(sourceOf),
      ...sourceOf(inRoot('packages/session')),
    ],
    outputs: () => emittedIn(root),
    run: () => compile(root),
  },
  {
    name: 'web',
    after: ['contract', 'client'],
    inputs: () => [
      inRoot('scripts/build-web.mjs'),
      ...filesIn(inRoot('web/app')),
      ...filesIn(inRoot('packages/contract/src')),
      ...filesIn(inRoot('packages/client/src')),
    ],
    outputs: () => filesIn(inRoot('dist/web')),
    run: () => onNode('the build of the pages', [inRoot('scripts/build-web.mjs')]),
  },
]

/** Inputs of every step. */
export const shared = [inRoot('package-lock.json'), inRoot('tools/launch/build-steps.mjs')]
