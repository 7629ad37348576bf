import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

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
export function compileExamples(name: string, compilerOptions: ts.CompilerOptions = {}) {
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
  return { count: examples.length, problems: compileAll(examples, [name], compilerOptions) }
}

/** Compiles these modules against the sources of these packages. Returns the errors. */
export function compileAll(
  modules: { file: string; code: string }[],
  packages: string[],
  compilerOptions: ts.CompilerOptions = {},
) {
  // In an untracked folder inside the repository, so that imports resolve.
  const scratch = join(root, '.postern', `examples-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  try {
    for (const { file, code } of modules) writeFileSync(join(scratch, file), `${code}\nexport {}\n`)
    const options: ts.CompilerOptions = {
      ...ts.convertCompilerOptionsFromJson(
        ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)).config.compilerOptions,
        root,
      ).options,
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
    }
    const program = ts.createProgram(
      modules.map(({ file }) => join(scratch, file)),
      options,
    )
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
