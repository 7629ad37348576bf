import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  path: string
  /** Leaves no byte free. */
  fill: () => void
  free: () => void
  remove: () => void
}

/** A file system of its own, in memory. Null if this user or container may not mount one. */
export function mountSmallDisk(megabytes: number): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'postern-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'postern-test', path], {
      stdio: 'ignore',
    })
  } catch {
    rmSync(path, { recursive: true })
    return null
  }
  const ballast = join(path, 'ballast')
  return {
    path,
    fill: () => {
      const file = openSync(ballast, 'a')
      for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
        const block = Buffer.alloc(size, 1)
        try {
          for (;;) if (writeSync(file, block) < size) break
        } catch {
          // Full, for blocks of this size.
        }
      }
      closeSync(file)
    },
    free: () => rmSync(ballast, { force: true }),
    remove: () => {
      // Lazily: a server that has just ended may still hold a file.
      execFileSync('umount', ['--lazy', path], { stdio: 'ignore' })
      rmSync(path, { recursive: true, force: true })
    },
  }
}
