// The key files of KEYS_DIR, `{kid}.json`. Instances share the folder or have copies of it.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { generateKeyPair, type KeyPair, type KeyTimes, parseKeyPair } from './key-pairs.js'

export type { KeyPair, PublicJwk } from './key-pairs.js'

/** A file with the name of a key file that can't be used. */
export interface BrokenKey {
  kid: string
  /** The path, and what is wrong with the file. Never quotes its content. */
  problem: string
}

/** The thumbprint of 43 characters is the name. Other files in the folder are ignored. */
const FILE = /^([\w-]{43})\.json$/

export type KeyFiles = ReturnType<typeof createKeyFiles>

/** Methods reject if the folder can't be read or written. The error names it and the reason. */
export function createKeyFiles(keysDir: string) {
  const folder = resolve(keysDir)
  const pathOf = (kid: string) => join(folder, `${kid}.json`)

  return {
    folder,

    /** All usable key pairs, and the files that can't be used, or not yet. A missing folder counts as empty. */
    async read(): Promise<{ pairs: KeyPair[]; broken: BrokenKey[] }> {
      const names = await listFolder(folder)
      const kids = names.flatMap((name) => FILE.exec(name)?.[1] ?? [])
      const results = await Promise.all(kids.map((kid) => readPair(kid, pathOf(kid))))
      return {
        pairs: results.filter((result) => result !== null && 'privateKey' in result),
        broken: results.filter((result) => result !== null && 'problem' in result),
      }
    },

    /** Creates a key pair. Its file appears complete or not at all, and only its owner can read it. */
    async create(times: KeyTimes): Promise<KeyPair> {
      const { pair, text } = generateKeyPair(times)
      try {
        await writeWhole(pathOf(pair.kid), join(folder, `.${pair.kid}.new`), text)
      } catch (error) {
        throw unusable(folder, 'cannot be written to', error)
      }
      return pair
    },

    async remove(kid: string): Promise<void> {
      await rm(pathOf(kid), { force: true })
    },
  }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw unusable(folder, 'cannot be read', error)
  }
}

/** Null if the file has just been removed. */
async function readPair(kid: string, path: string): Promise<KeyPair | BrokenKey | null> {
  try {
    const read = parseKeyPair(kid, await readFile(path, 'utf8'))
    return typeof read === 'string' ? { kid, problem: `${path} ${read}` } : read
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? null : { kid, problem: unusable(path, 'cannot be read', error).message }
  }
}

/** Writes to `unfinished`, then renames it. If that fails, it removes the file, which would contain a private key. */
async function writeWhole(path: string, unfinished: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(unfinished, 'wx', 0o600)
  try {
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
  EDQUOT: 'no space left',
  ENOTDIR: 'not a folder',
  EEXIST: 'not a folder',
  EISDIR: 'a folder, not a file',
}

/** Without a cause: an error about a key file may quote the key. */
function unusable(path: string, what: string, error: unknown): Error {
  const code = codeOf(error) ?? 'unknown error'
  return new Error(`${path} ${what}: ${REASONS[code] ?? code}`)
}
