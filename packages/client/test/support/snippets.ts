import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

export interface Snippet {
  readonly heading: string
  readonly language: string
  readonly code: string
}

/** Every program in the README: its code blocks, except for shell commands. */
export function readSnippets(): Snippet[] {
  const readme = readFileSync(join(root, 'packages/client/README.md'), 'utf8')
  return readme.split(/^#+ (?=.*\n\n)/m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1)
    return [...section.matchAll(/^( *)```(js|tsx?)\n([\s\S]*?)^ *```/gm)].map(([, indent, language, code]) => ({
      heading,
      language: language!,
      code: code!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }))
  })
}

/** The snippet with this index below a heading, with texts replaced by others. */
export function findSnippet(heading: string, index = 0, replacements: Record<string, string> = {}): Snippet {
  const snippet = readSnippets().filter((one) => one.heading === heading)[index]
  if (!snippet) throw new Error(`No snippet ${index} below: ${heading}`)
  let { code } = snippet
  for (const [text, replacement] of Object.entries(replacements)) {
    if (!code.includes(text)) throw new Error(`The snippet below ${heading} does not contain: ${text}`)
    code = code.replaceAll(text, replacement)
  }
  return { ...snippet, code }
}

/** Writes code to a file inside the repository, so that its imports are found, and removes it after `use`. */
export async function withFile<T>(name: string, code: string, use: (path: string) => Promise<T>): Promise<T> {
  const parent = join(root, '.postern')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'snippet-'))
  const path = join(folder, name)
  writeFileSync(path, code)
  try {
    return await use(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The snippet as a script for a page; `more` is appended to it. */
export const bundleSnippet = ({ code, language }: Snippet, more = ''): Promise<string> =>
  withFile(`snippet.${language}`, `${code}\n${more}`, (path) =>
    bundle(path.slice(root.length), { mode: 'development' }),
  )
