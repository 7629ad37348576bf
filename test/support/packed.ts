import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { installDependencies } from '../../tools/launch/install.mjs'

export const run = promisify(execFile)
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

export const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** The newest compiler. The older one made the types of the packages. */
export const tsc = join(root, 'node_modules/typescript-7/bin/tsc')

/** The package with what checks the packages as their users have them. It is installed by the tests that need it. */
export const runners = join(root, 'test/runners')

interface Locked {
  dev?: boolean
  link?: boolean
}

/** A package that is not inside another one. */
const OUTER = /^node_modules\/(?:@[^/]+\/)?[^/]+$/

/** What a clone does not have: installed, built and generated files. */
const UNTRACKED =
  /\/(?:\.git|node_modules|dist|\.next|generated\/(?:graphql|schema)\.ts|\.postern|coverage|[^/]+\.(?:tsbuildinfo|tgz))$/

/**
 * A fresh clone after `npm ci`: the tracked files, the installed packages, and nothing built. `omit: 'dev'` as npm has it.
 */
export function freshClone(copy: string, { omit }: { omit?: 'dev' } = {}): void {
  cpSync(root, copy, { recursive: true, filter: (path) => !UNTRACKED.test(path) })
  const record = 'node_modules/.package-lock.json'
  const { packages } = JSON.parse(readFileSync(join(root, record), 'utf8')) as { packages: Record<string, Locked> }
  const installed = Object.entries(packages).filter(([, { link, dev }]) => !link && !(omit === 'dev' && dev))
  for (const path of [
    record,
    'node_modules/.bin',
    ...installed.map(([path]) => path).filter((path) => OUTER.test(path)),
  ]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    symlinkSync(join(root, path), join(copy, path))
  }
  mkdirSync(join(copy, 'node_modules/@postern'), { recursive: true })
  for (const name of readdirSync(join(copy, 'packages')))
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@postern', name))
}

/** Packs a package as its README says, in a fresh clone. */
export async function pack(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-package-'))
  const clone = join(folder, 'clone')
  freshClone(clone)
  await run('npm', ['pack', '--silent', '--workspace', `packages/${name}`, '--pack-destination', folder], {
    cwd: clone,
  })
  const tarball = join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.tgz'))!,
  )
  return { folder, tarball, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** publint and "are the types wrong". */
export async function expectPublishable(tarball: string): Promise<void> {
  const { publint } = await import('publint')
  const { messages } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer } })
  expect(messages).toEqual([])
  // Bundlers warn about source maps that are referenced but missing.
  const { stdout } = await run('tar', ['-xOzf', tarball], { maxBuffer: 10 * 1024 ** 2 })
  expect(stdout).not.toContain('sourceMappingURL')
  // The contract is not published: its code and its types are in the bundles.
  expect(stdout).not.toMatch(/(?:from|import|require)[ (]*['"]@postern\/contract/)
  await installDependencies(() => undefined, runners)
  await run(join(runners, 'node_modules/.bin/attw'), [tarball, '--profile', 'strict'])
}

/** Installs packages into a project, as npm does for its users. */
export const install = (project: string, ...packages: string[]) =>
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: project,
  })
