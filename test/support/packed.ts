import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'

export const run = promisify(execFile)
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
export const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** Packs a package of ours as it would be published: built anew, in a copy, because other tests read the working one. */
export async function pack(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-package-'))
  const copy = join(folder, 'repository')
  const target = join(copy, 'packages', name)
  mkdirSync(target, { recursive: true })
  cpSync(join(root, 'packages', name), target, {
    recursive: true,
    filter: (path) => !/(dist|\.tsbuildinfo)$/.test(path),
  })
  cpSync(join(root, 'tsconfig.base.json'), join(copy, 'tsconfig.base.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` }
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: target, env })
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
  // Bundlers complain of maps that are named and not there.
  const { stdout } = await run('tar', ['-xOzf', tarball], { maxBuffer: 10 * 1024 ** 2 })
  expect(stdout).not.toContain('sourceMappingURL')
  // node10 knows no exports, and no supported Node.js resolves like it.
  await run(bin('attw'), [tarball, '--profile', 'node16'])
}

/** What npm does with a package that somebody installs. */
export const install = (project: string, ...packages: string[]) =>
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: project,
  })
