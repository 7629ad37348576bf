import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The path of mariadb-dump, or null. Debian has it in mariadb-client, which the tests don't install, because it would replace
 * other packages of the machine: they unpack it into a folder of their own.
 */
export function findMariadbDump(): { path: string; remove: () => void } | null {
  const installed = spawnSync('sh', ['-c', 'command -v mariadb-dump'], { encoding: 'utf8' }).stdout.trim()
  if (installed !== '') return { path: installed, remove: () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'postern-dump-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('apt-get', ['download', 'mariadb-client'], { cwd: folder, stdio: 'ignore' })
    const [file = ''] = readdirSync(folder)
    execFileSync('dpkg-deb', ['--extract', file, '.'], { cwd: folder, stdio: 'ignore' })
  } catch {
    // Not Debian, or no network.
  }
  const path = join(folder, 'usr/bin/mariadb-dump')
  if (existsSync(path)) return { path, remove }
  remove()
  return null
}
