import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyCommands } from '../../src/app/operator-commands.js'
import { readKeysConfig } from '../../src/config/index.js'

/** The commands of `npm run keys` for `folder`, in this process. */
export const keyCommands = (folder: string, env: Record<string, string> = {}, clock?: () => Date) =>
  createKeyCommands(readKeysConfig({ KEYS_DIR: folder, ...env }), clock)

/** An empty folder for key files. */
export async function keysFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'postern-keys-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export type Json = Record<string, any>

/** One part of a JWT: its header (0) or its claims (1). */
export const partOf = (token: string, part: 0 | 1): Json =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Json
