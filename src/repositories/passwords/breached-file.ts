// Looks up breached passwords in a file of lines `SHA-1:COUNT`, sorted by hash: that of the downloader of Have I Been Pwned.
import { type FileHandle, open } from 'node:fs/promises'
import type { BreachedHashes } from './breached-range.js'

export interface BreachedFile extends BreachedHashes {
  close(): Promise<void>
}

interface Line {
  /** Where it starts in the file. */
  start: number
  hash: string
}

const LINE = /^([0-9A-F]{40}):\d+\s*$/i
/** More than a line has. */
const LONGEST_LINE = 128
/** A part of the file that is small enough to be read as a whole. */
const BLOCK = 4096
/** How many lines are checked at the start. */
const SAMPLES = 200

/** Opens and checks the file, which can be larger than the memory. Throws an error that says what is wrong with it. */
export async function openBreachedFile(path: string): Promise<BreachedFile> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new Error(`can't be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size === 0) throw new Error('is no file, or is empty')
    await check(file, stats.size)
    return { count: (sha1) => find(file, stats.size, sha1), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Reads about twenty blocks of a file of 40 GB. */
async function find(file: FileHandle, size: number, sha1: string): Promise<number> {
  let [low, high] = [0, size]
  while (high - low > BLOCK) {
    const middle = Math.floor((low + high) / 2)
    const line = await lineFrom(file, middle)
    if (!line || line.start >= high || sha1 < line.hash) high = middle
    else low = line.start
  }
  const lines = (await read(file, low, high - low + LONGEST_LINE)).split('\n')
  const found = lines.find((line) => line.slice(0, sha1.length).toUpperCase() === sha1)
  return found === undefined ? 0 : Number(found.slice(sha1.length + 1))
}

/** The first line that starts at this position or behind it. Null at the end of the file. */
async function lineFrom(file: FileHandle, position: number): Promise<Line | null> {
  // The end of the line before shows whether one starts here.
  const from = Math.max(0, position - 1)
  const text = await read(file, from, 2 * LONGEST_LINE)
  const end = position === 0 ? -1 : text.indexOf('\n')
  const isLast = text.length < 2 * LONGEST_LINE && (end === text.length - 1 || (end < 0 && position > 0))
  if (isLast) return null
  const offset = end + 1
  const hash = position === 0 || end >= 0 ? LINE.exec(text.slice(offset).split('\n', 1)[0] ?? '')?.[1] : undefined
  if (hash === undefined) throw new Error('has a line that is not a SHA-1 hash in hex, a colon and a number')
  return { start: from + offset, hash: hash.toUpperCase() }
}

async function read(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.toString('latin1', 0, bytesRead)
}

/** Finds files of another form or order, such as those sorted by count or of NTLM hashes. */
async function check(file: FileHandle, size: number): Promise<void> {
  let last = ''
  for (let n = 0; n < SAMPLES; n++) {
    const line = await lineFrom(file, Math.floor((size * n) / SAMPLES))
    if (!line) break
    if (line.hash < last) throw new Error('is not sorted by hash')
    last = line.hash
  }
}
