import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import ts from 'typescript'
import { SessionError } from '../../packages/session/src/index.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const folder = join(root, 'packages/session')
// Inside the repository, so that imports are found, in the folder that is not tracked.
const scratch = join(root, '.postern', `examples-${process.pid}`)
const readme = readFileSync(join(folder, 'README.md'), 'utf8')
const sources = readdirSync(join(folder, 'src')).map((name) => ({
  name,
  text: readFileSync(join(folder, 'src', name), 'utf8'),
}))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const blocks = (text: string): string[] => [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)

it('compiles every example of the README and of the documentation comments', () => {
  const examples = [
    ...blocks(readme).map((code, i) => [`readme-${i}.mts`, code] as const),
    ...sources.flatMap(({ name, text }) =>
      blocks(text.replace(/^ *\* ?/gm, '')).map((code, i) => [`${name}-${i}.mts`, code] as const),
    ),
  ]
  expect(examples.length).toBeGreaterThan(10)
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true })
  for (const [name, code] of examples) writeFileSync(join(scratch, name), `${code}\nexport {}\n`)
  const options: ts.CompilerOptions = {
    ...ts.convertCompilerOptionsFromJson(
      ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)).config.compilerOptions,
      root,
    ).options,
    noEmit: true,
    noUnusedLocals: false,
    rootDir: root,
    paths: Object.fromEntries([
      ['@postern/session', [join(folder, 'src/index.ts')]],
      ['@postern/session/*', [join(folder, 'src/*.ts')]],
    ]),
  }
  const program = ts.createProgram(
    examples.map(([name]) => join(scratch, name)),
    options,
  )
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  expect(problems).toEqual([])
})

it('lists every error code with its status', () => {
  const codes = [...sources.find(({ name }) => name === 'errors.ts')!.text.matchAll(/^ {2}(\w+): '/gm)].map(
    ([, code]) => code!,
  )
  expect(codes).toHaveLength(17)
  for (const code of codes) {
    const { status } = new SessionError(code as SessionError['code'])
    expect(readme).toMatch(new RegExp(`^\\| ${status} +\\|[^\\n]*\`${code}\``, 'm'))
  }
})

it('lists every option', () => {
  const options = ['verifier.ts', 'validator.ts'].flatMap((name) => {
    const { text } = sources.find((source) => source.name === name)!
    return [
      ...text.matchAll(/interface (?:VerificationKeys|TokenVerifierOptions|SessionValidatorOptions)[\s\S]*?\n}/g),
    ].flatMap(([body]) => [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option]) => option!))
  })
  expect(options).toContain('clockSkew')
  const internal = ['revocations', 'keySource', 'now'] // of createTokenVerifier only
  for (const option of options.filter((name) => !internal.includes(name)))
    expect(readme).toMatch(new RegExp(`^\\| [^|]*\`${option}\``, 'm'))
})
