import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { root } from './packed.js'

const run = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A project beside `installed`, which has a package, with the package and its peers. */
export function createProject(installed: string, name: string) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest
  const project = join(dirname(installed), 'every-subpath')
  cpSync(installed, project, { recursive: true, verbatimSymlinks: true })
  const types = ['@types/node', '@types/react']
  for (const peer of new Set([...Object.keys(manifest.peerDependencies ?? {}), ...types])) {
    const link = join(project, 'node_modules', peer)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', peer), link, 'dir')
  }
  const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json')
  return { project, entries: subpaths.map((subpath) => subpath.replace('.', manifest.name)) }
}

/** How TypeScript finds packages, by the names of `moduleResolution`. */
const MODES: Record<string, { file: string; options: ts.CompilerOptions }> = {
  node10: {
    file: 'node10.ts',
    options: {
      module: ts.ModuleKind.CommonJS,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- Projects still use it.
      moduleResolution: ts.ModuleResolutionKind.Node10,
      ignoreDeprecations: '6.0',
    },
  },
  'node16, CommonJS': {
    file: 'node16.cts',
    options: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  },
  'node16, ES modules': {
    file: 'node16.mts',
    options: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  },
  bundler: {
    file: 'bundler.ts',
    options: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  },
}
export const RESOLUTIONS = Object.keys(MODES)

/** Compiles a program that imports every entry. Returns the errors in it and in the package's own declarations. */
export function compileImports(project: string, entries: readonly string[], resolution: string): string[] {
  const { file, options } = MODES[resolution]!
  const lines = entries.flatMap((entry, i) => [
    `import * as entry${i} from '${entry}'`,
    // An import without types would be `any`, which is no error.
    `export const isTyped${i}: 0 extends 1 & typeof entry${i} ? never : 'typed' = 'typed'`,
  ])
  writeFileSync(join(project, file), lines.join('\n'))
  const program = ts.createProgram([join(project, file)], {
    ...options,
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    typeRoots: [join(project, 'node_modules/@types')],
  })
  // Only these: the declarations of the peers are not checked, which takes long.
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => /every-subpath\/(?:[^/]+$|.*\/@postern\/)/.test(fileName))
  return [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...own.flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]),
  ].map((problem) => `${problem.file?.fileName}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`)
}

/** How programs find packages. By its folder, no tool knows `exports`: Jest before 28, webpack 4, Metro by default. */
export const LOADERS = {
  import: (entry: string) => `await import('${entry}')`,
  require: (entry: string) => `require('${entry}')`,
  'require without `exports`': (entry: string) => `require(process.cwd() + '/node_modules/${entry}')`,
}

/** Loads every entry in one process. Returns the names of their exports. */
export async function loadEntries(
  project: string,
  entries: readonly string[],
  loader: keyof typeof LOADERS,
): Promise<Record<string, string[]>> {
  const pairs = entries.map((entry) => `['${entry}', Object.keys(${LOADERS[loader](entry)}).sort()]`)
  const program = `(async () => console.log(JSON.stringify(Object.fromEntries([${pairs.join(',')}]))))()`
  const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', program], { cwd: project })
  return JSON.parse(stdout) as Record<string, string[]>
}
