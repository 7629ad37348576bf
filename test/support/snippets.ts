import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { CHILD_ENVIRONMENT } from './child-environment.js'
import { root } from './packed.js'
import { until } from './wait.js'

/** A code block of a README that can run as a program. */
export interface Snippet {
  /** The heading above it. */
  readonly heading: string
  readonly language: 'ts' | 'tsx' | 'js'
  readonly code: string
}

/** Every code block of a Markdown file in TypeScript or JavaScript, in order. `file` is relative to the repository. */
export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(join(root, file), 'utf8')
  let heading = ''
  const found: Snippet[] = []
  for (const [, title, language, code] of text.matchAll(/^#+ (.+)$|^```(tsx?|js)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title
    else found.push({ heading, language: language as Snippet['language'], code: code ?? '' })
  }
  return found
}

export interface SnippetOptions {
  /** Replacements for texts of the snippet, such as addresses and ports. Each text must occur. */
  readonly replace?: Readonly<Record<string, string>>
  /** Lines to run after the snippet. */
  readonly append?: string
  readonly env?: Readonly<Record<string, string>>
  /** The program that runs it. By default, this Node.js. */
  readonly executable?: string
}

export interface SnippetEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Compiles decorators, which Node.js does not run, as projects with NestJS do. */
const withoutDecorators = (code: string): string =>
  ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  }).outputText

/** Runs a snippet as a separate program, inside the repository so that its imports resolve. */
export function runSnippet({ code, language }: Snippet, options: SnippetOptions = {}) {
  const { replace = {}, append = '', env = {}, executable = process.execPath } = options
  let text = code
  for (const [from, to] of Object.entries(replace)) {
    if (!text.includes(from)) throw new Error(`The snippet does not contain ${from}:\n${code}`)
    text = text.replaceAll(from, to)
  }
  mkdirSync(join(root, '.postern'), { recursive: true })
  const folder = mkdtempSync(join(root, '.postern', 'snippet-'))
  const file = join(folder, language === 'js' ? 'snippet.mjs' : 'snippet.mts')
  const program = `${text}\n${append}\n`
  writeFileSync(file, /^ *@\w+\(/m.test(text) ? withoutDecorators(program) : program)

  const child = spawn(executable, [file], {
    env: { ...CHILD_ENVIRONMENT, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  let end: SnippetEnd | undefined
  const finished = once(child, 'close').then(([status, signal]): SnippetEnd => {
    rmSync(folder, { recursive: true, force: true })
    return (end = { code: status as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr })
  })

  return {
    finished,
    /** Resolves when `condition` holds; rejects as soon as the program ends. */
    until: (what: string, condition: () => Promise<unknown>) =>
      until(
        what,
        async () => {
          if (end) throw new Error(`The snippet ended with ${end.code ?? end.signal}: ${end.stderr}${end.stdout}`)
          return condition().catch(() => false)
        },
        { seconds: 60 },
      ),
    /** Resolves when the program accepts connections. */
    listening(url: string) {
      return this.until(`the snippet listens at ${url}`, () => fetch(url).then(() => true))
    },
    output: () => stdout,
    /** Sends SIGTERM and resolves when the program has ended. A program that does not end is killed after 30 s. */
    async terminate(): Promise<SnippetEnd> {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000)
      return finished.finally(() => clearTimeout(timer))
    },
  }
}
