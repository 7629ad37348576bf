// What is generated, compiled and copied, and from which files. A step runs only when one of those has changed.
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { run } from './children.mjs'
import { filesIn } from './fingerprint.mjs'
import { inRoot, node, root } from './paths.mjs'
import { generatePrismaClient, isPrismaClientCurrent } from './prisma-client.mjs'
import { generateProtobuf, isProtobufCurrent, protobufInputs, protobufOutputs } from './protobuf.mjs'
import { services } from './services.mjs'

/**
 * @typedef {object} BuildStep
 * @property {string} name
 * @property {string[]} after steps whose results it reads
 * @property {() => string[]} inputs
 * @property {() => string[]} outputs as they are after the step
 * @property {() => Promise<unknown>} run
 * @property {boolean} [forTypes] it makes or checks types, which running the service does not need
 * @property {boolean} [forTests] it compiles single modules of a program, which running it does not need
 * @property {boolean} [beside] it makes a service beside Postern, which Postern does not need
 * @property {() => boolean} [isCurrent] for results in Git: whether they are those of the inputs
 */

/** @param {string} title @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
const onNode = (title, args, env = {}) => run(title, node, args, { cwd: root, env: { ...process.env, ...env } })

/** @param {string} folder */
const sourceOf = (folder) => [
  join(folder, 'tsconfig.json'),
  join(folder, 'package.json'),
  ...filesIn(join(folder, 'src')),
]

/** @param {string} folder of a package @returns {string[]} the compiled files that its sources must have */
const compiledIn = (folder) =>
  filesIn(join(folder, 'src'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(folder, 'dist', relative(join(folder, 'src'), file).replace(/\.ts$/, '.js')))

/**
 * The step that compiles a package: src to dist, without checking types.
 * @param {string} name @param {string} folder @param {string[]} after @returns {BuildStep}
 */
const compile = (name, folder, after) => ({
  name,
  after,
  inputs: () => [inRoot('tools/build/compile.mjs'), ...sourceOf(folder)],
  outputs: () => compiledIn(folder),
  run: () => onNode(`the compiler of ${name}`, [inRoot('tools/build/compile.mjs'), folder]),
})

const MAIN_AND_CLI = { main: 'main.ts', cli: 'cli.ts' }
/** `config`: for configuration.mjs, which checks the settings before anything uses them. */
const OF_POSTERN = { ...MAIN_AND_CLI, config: 'config/index.ts', hasher: 'services/passwords/hasher/program.ts' }

/** The code of packages that go into programs, by their steps. */
const LIBRARIES = {
  contract: 'contract',
  proto: 'proto',
  'service-library': 'service',
  delivery: 'delivery',
  session: 'session',
}

/**
 * The step that bundles the programs of a package, each with all of its code, into its dist.
 * @param {string} name @param {string} folder @param {Record<string, string>} programs their sources below src
 * @param {string[]} [after] @returns {BuildStep}
 */
const programs = (name, folder, programs, after = []) => ({
  name,
  after: [...Object.keys(LIBRARIES), ...after],
  inputs: () => [
    inRoot('tools/build/programs.mjs'),
    ...sourceOf(folder),
    ...Object.values(LIBRARIES).flatMap((library) => sourceOf(inRoot('packages', library))),
  ],
  outputs: () => [
    ...Object.keys(programs).map((program) => join(folder, 'dist', `${program}.js`)),
    ...filesIn(join(folder, 'dist/parts')),
  ],
  run: () => onNode(`the bundler of ${name}`, [inRoot('tools/build/programs.mjs'), folder, JSON.stringify(programs)]),
})

/**
 * The step that compiles the modules of programs one by one, as tests load them.
 * @param {string} name @param {string} folder @param {string[]} after @returns {BuildStep}
 */
const modules = (name, folder, after) => ({ ...compile(`modules of ${name}`, folder, after), forTests: true })

/** The files of this extension in a folder, which a program reads. @param {string} folder @param {string} extension */
const readIn = (folder, extension) => filesIn(folder).filter((file) => file.endsWith(extension))

/**
 * The step that copies what a program reads next to its code.
 * @param {string} name @param {string} from @param {string} to @param {string} extension @returns {BuildStep}
 */
const copy = (name, from, to, extension) => ({
  name,
  after: [],
  inputs: () => readIn(from, extension),
  outputs: () => readIn(to, extension),
  async run() {
    mkdirSync(to, { recursive: true })
    const wanted = new Set(readIn(from, extension).map((file) => basename(file)))
    for (const file of readdirSync(to)) if (file.endsWith(extension) && !wanted.has(file)) rmSync(join(to, file))
    for (const file of readIn(from, extension)) copyFileSync(file, join(to, basename(file)))
  },
})

/** What codegen makes for the client. They are types, which code does not have: its steps need not wait for them. */
const clientTypes = inRoot('packages/client/src/generated/schema.ts')
/** @param {string} file */
const isCode = (file) => file !== clientTypes

/** @param {string} name of a published package */
const sourceOfPublished = (name) => [
  inRoot('tsconfig.base.json'),
  ...sourceOf(inRoot('packages', name)),
  ...sourceOf(inRoot('packages/contract')),
]

/**
 * The steps of a published package, its code and its types. The contract goes into both, as it will when the package is
 * packed.
 * @param {string} name @param {string[]} after @returns {BuildStep[]}
 */
function bundle(name, after) {
  const folder = inRoot('packages', name)
  const types = /\.d\.c?ts$/
  /** @param {string[]} options */
  const tsdown = (...options) => run('tsdown', node, [inRoot('tools/build/bundle.mjs'), ...options], { cwd: folder })
  return [
    {
      name,
      after: ['contract'],
      inputs: () => [inRoot('tools/build/bundle.mjs'), ...sourceOfPublished(name).filter(isCode)],
      outputs: () => filesIn(join(folder, 'dist')).filter((file) => !types.test(file)),
      run: () => tsdown(),
    },
    {
      name: `types of ${name}`,
      // After the code, which empties the folder.
      after: [name, ...after],
      forTypes: true,
      inputs: () => [inRoot('tools/build/bundle.mjs'), ...sourceOfPublished(name)],
      outputs: () => filesIn(join(folder, 'dist')).filter((file) => types.test(file)),
      run: () => tsdown('--types'),
    },
  ]
}

/** @type {BuildStep[]} */
export const buildSteps = [
  {
    name: 'prisma',
    after: [],
    inputs: () => [inRoot('prisma/schema.prisma'), inRoot('prisma/package-lock.json')],
    outputs: () => filesIn(inRoot('src/generated/prisma')),
    isCurrent: isPrismaClientCurrent,
    run: () => generatePrismaClient(),
  },
  {
    name: 'codegen',
    after: [],
    forTypes: true,
    inputs: () => [inRoot('tools/build/codegen.mjs'), ...readIn(inRoot('src/schema'), '.graphql')],
    outputs: () => [inRoot('src/generated/graphql.ts'), clientTypes],
    run: () => onNode('graphql-codegen', [inRoot('tools/build/codegen.mjs')]),
  },
  copy('schema', inRoot('src/schema'), inRoot('dist/schema'), '.graphql'),
  {
    name: 'playground',
    after: [],
    inputs: () => [inRoot('tools/build/playground.mjs'), ...filesIn(inRoot('web/playground'))],
    outputs: () => filesIn(inRoot('dist/playground')),
    run: () => onNode('the playground build', [inRoot('tools/build/playground.mjs')]),
  },
  compile('contract', inRoot('packages/contract'), []),
  {
    name: 'protocol buffers',
    // Our plugin reads the statuses of errors from it.
    after: ['contract'],
    inputs: () => protobufInputs(),
    outputs: () => protobufOutputs(),
    isCurrent: isProtobufCurrent,
    run: () => generateProtobuf(),
  },
  compile('proto', inRoot('packages/proto'), ['protocol buffers']),
  compile('service-library', inRoot('packages/service'), []),
  compile('delivery', inRoot('packages/delivery'), []),
  ...bundle('session', []),
  ...bundle('client', ['codegen']),
  programs('service', root, OF_POSTERN, ['prisma', 'codegen']),
  modules('service', root, ['prisma', 'codegen']),
  programs('gateway', inRoot('services/gateway'), { main: 'main.ts' }),
  modules('gateway', inRoot('services/gateway'), []),
  ...services.flatMap(({ name }) => [
    { ...programs(name, inRoot('services', name), MAIN_AND_CLI), beside: true },
    modules(name, inRoot('services', name), []),
  ]),
  {
    name: 'types',
    after: ['prisma', 'codegen', 'protocol buffers', 'types of session'],
    forTypes: true,
    inputs: () => [
      inRoot('tsconfig.base.json'),
      ...[
        root,
        ...['contract', 'delivery', 'proto', 'service', 'session'].map((name) => inRoot('packages', name)),
      ].flatMap(sourceOf),
    ],
    outputs: () => [],
    // More checkers would check the same types again, beside other steps on the second core.
    run: () => onNode('tsc', [inRoot('node_modules/typescript-7/bin/tsc'), '--project', root, '--checkers', '1']),
  },
  {
    name: 'web',
    after: ['contract', 'client'],
    inputs: () => [
      inRoot('tools/build/pages.mjs'),
      ...filesIn(inRoot('web/app')),
      ...filesIn(inRoot('packages/contract/src')),
      ...filesIn(inRoot('packages/client/src')).filter(isCode),
    ],
    outputs: () => filesIn(inRoot('dist/web')),
    run: () => onNode('the build of the pages', [inRoot('tools/build/pages.mjs')]),
  },
]

/** Inputs of every step. */
export const shared = [inRoot('package-lock.json'), inRoot('tools/launch/build-steps.mjs')]
