// What buf generates from proto/: the TypeScript of packages/proto, and the OpenAPI document of the gateway. And the checks of
// proto/. What is generated is in Git, because buf and its plugin have 120 MB: docs/adr/0055-protocol-buffers.md.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { CommandFailed, run } from './children.mjs'
import { filesIn, fingerprint } from './fingerprint.mjs'
import { Failure } from './lifetime.mjs'
import { inRoot, node, root } from './paths.mjs'

const buf = inRoot('node_modules/.bin/buf')

/** The folders of definitions that others publish, in their form. */
const OTHERS = ['google', 'grpc']

/** The definitions of the last release, without comments. */
const RELEASED = 'proto/released.binpb'

/** The folders of what is generated. */
const GENERATED = ['packages/proto/src/generated', 'services/gateway/generated']

/** Next to the generated files: from what they were generated. @param {string} checkout */
const recordIn = (checkout) => join(checkout, 'packages/proto/src/generated', 'inputs.txt')

/** What the generated files depend on, besides the plugins. @param {string} checkout */
const definitions = (checkout) => [
  join(checkout, 'buf.yaml'),
  join(checkout, 'buf.gen.yaml'),
  ...filesIn(join(checkout, 'proto')).filter((file) => file.endsWith('.proto')),
]

/** Our plugin, which writes the OpenAPI document, and the statuses of errors that it reads. */
const plugin = () => [...filesIn(inRoot('tools/build/openapi')), inRoot('packages/contract/src/error-statuses.ts')]

/** What the generated files depend on. */
export const protobufInputs = () => [...definitions(root), ...plugin()]

/** All generated files. @param {string} [checkout] */
export const protobufOutputs = (checkout = root) => GENERATED.flatMap((folder) => filesIn(join(checkout, folder)))

/** @param {string} checkout */
function recordOf(checkout) {
  const { devDependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  const version = devDependencies['@bufbuild/protoc-gen-es']
  return `protoc-gen-es ${version}\n${fingerprint(definitions(checkout), checkout)}\n${fingerprint(plugin(), root)}\n`
}

/** Whether everything was generated from proto/ and by our plugin as they are. */
export const isProtobufCurrent = () =>
  existsSync(recordIn(root)) && readFileSync(recordIn(root), 'utf8') === recordOf(root)

/** @param {string} command @param {string} checkout @param {string[]} args */
function runBuf(command, checkout, ...args) {
  // buf starts its plugin by the PATH, and the plugin starts `node`.
  const PATH = [dirname(node), dirname(buf), process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH, BUF_CACHE_DIR: inRoot('node_modules/.cache/buf') }
  return run(`buf ${command}`, buf, [command, relative(root, checkout) || '.', ...args], { cwd: root, env })
}

/** @param {string} [checkout] with proto/ @param {string} [target] gets the generated folders */
export async function generateProtobuf(checkout = root, target = checkout) {
  if (!existsSync(inRoot('node_modules/@bufbuild/protoc-gen-es')))
    throw new Failure(
      'proto/ has changed, and what generates code from it is not installed. Run npm run build, and commit its result.',
    )
  await runBuf('generate', checkout, '--template', join(checkout, 'buf.gen.yaml'), '--output', target)
  writeFileSync(recordIn(target), recordOf(checkout))
}

/** @param {string} checkout @param {string[]} args */
const format = (checkout, ...args) =>
  runBuf('format', checkout, ...OTHERS.flatMap((name) => ['--exclude-path', join(checkout, 'proto', name)]), ...args)

export const formatProtobuf = () => format(root, '--write')

/** What is not as buf generates it from proto/. @param {string} checkout */
async function outdated(checkout) {
  mkdirSync(inRoot('node_modules/.cache'), { recursive: true })
  const fresh = mkdtempSync(inRoot('node_modules/.cache/protobuf-'))
  try {
    await generateProtobuf(checkout, fresh)
    const contents = (/** @type {string} */ folder) =>
      new Map(protobufOutputs(folder).map((file) => [relative(folder, file), readFileSync(file, 'utf8')]))
    const [now, before] = [contents(fresh), contents(checkout)]
    const files = [...new Set([...now.keys(), ...before.keys()])].filter((file) => now.get(file) !== before.get(file))
    if (files.length === 0) return ''
    const names = files.map((file) => `${file} is not as buf generates it.`)
    return [...names, 'Delete packages/proto/src/generated and run npm run build.'].join('\n')
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** @param {Promise<string>} command which prints problems if it fails @param {string} [advice] */
async function problems(command, advice) {
  try {
    await command
    return ''
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return [error.output.trim(), ...(advice ? [advice] : [])].join('\n')
  }
}

/**
 * What is wrong with proto/ and what is generated from it: the rules of buf.yaml, the form, changes that would break
 * clients of the last release, and generated files that are not current.
 * @param {string} [checkout]
 */
export async function protobufProblems(checkout = root) {
  const found = [
    await problems(runBuf('lint', checkout)),
    await problems(format(checkout, '--diff', '--exit-code'), 'Run npm run format.'),
    await problems(runBuf('breaking', checkout, '--against', join(checkout, RELEASED))),
    await outdated(checkout),
  ]
  return found.filter((text) => text !== '')
}
