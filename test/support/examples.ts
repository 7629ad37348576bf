import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, tsc } from './packed.js'

/** As in a tsconfig.json. */
type CompilerOptions = Readonly<Record<string, unknown>>

/** Reads the README and the sources of a package, for tests of their texts. */
export function readPackage(name: string) {
  const folder = join(root, 'packages', name)
  const sources = readdirSync(join(folder, 'src'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ name: file, text: readFileSync(join(folder, 'src', file), 'utf8') }))
  return { folder, sources, readme: readFileSync(join(folder, 'README.md'), 'utf8') }
}

const blocks = (text: string): { code: string; type: string }[] =>
  [...text.matchAll(/```(tsx?)\n([\s\S]*?)```/g)].map(([, type, code]) => ({
    code: code!,
    type: type === 'ts' ? 'mts' : 'tsx',
  }))

/** Compiles every example of the README and of the documentation comments. Returns their number and the errors. */
export async function compileExamples(name: string, compilerOptions: CompilerOptions = {}) {
  const { readme, sources } = readPackage(name)
  const examples = [
    ...blocks(readme).map(({ code, type }, i) => ({ file: `readme-${i}.${type}`, code })),
    ...sources.flatMap((source) =>
      blocks(source.text.replace(/^ *\* ?/gm, '')).map(({ code, type }, i) => ({
        file: `${source.name}-${i}.${type}`,
        code,
      })),
    ),
  ]
  return { count: examples.length, problems: await compileAll(examples, [name], compilerOptions) }
}

/** Compiles these modules against the sources of these packages. Returns the errors. */
export async function compileAll(
  modules: { file: string; code: string }[],
  packages: string[],
  compilerOptions: CompilerOptions = {},
): Promise<string[]> {
  // In an untracked folder inside the repository, so that imports resolve.
  const scratch = join(root, '.postern', `examples-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  try {
    for (const { file, code } of modules) writeFileSync(join(scratch, file), `${code}\nexport {}\n`)
    const config = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        noUnusedLocals: false,
        rootDir: root,
        paths: Object.fromEntries(
          packages.flatMap((name) => [
            [`@postern/${name}`, [join(root, 'packages', name, 'src/index.ts')]],
            [`@postern/${name}/*`, [join(root, 'packages', name, 'src/*.ts')]],
          ]),
        ),
        ...compilerOptions,
      },
      files: modules.map(({ file }) => file),
    }
    writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify(config))
    return await typeErrors(scratch)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The lines that the compiler prints about a project. Rejects if it fails without any. */
async function typeErrors(project: string): Promise<string[]> {
  try {
    await run(process.execPath, [tsc, '--project', project, '--checkers', '1', '--pretty', 'false'])
    return []
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string }
    if (stdout === '') throw error
    return stdout.trimEnd().split('\n')
  }
}
