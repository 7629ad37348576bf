import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_OLDER_NODE, olderNode } from '../../support/older-node.js'

const program = `
  const { watchSources } = await import(process.argv[1])
  const sources = watchSources(process.argv[2])
  console.log('watching')
  for (;;) {
    await sources.change()
    console.log('changed')
  }`
const watchModule = fileURLToPath(new URL('../../../tools/launch/watch.mjs', import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch '))
  for (const path of [
    'src',
    'packages/contract/src',
    'packages/delivery/mail-templates',
    'prisma',
    'web/app',
    'tools/build',
  ]) {
    await mkdir(join(folder, path), { recursive: true })
    await writeFile(join(folder, path, 'source'), '')
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const nodes = [
  { name: 'Node.js of the project', path: process.execPath },
  { name: 'older Node.js of this machine', path: olderNode?.path },
]

describe.each(nodes)('npm run dev on the $name', ({ path }) => {
  it('notices every save, in place or by a rename, and new and deleted folders', async ({ skip }) => {
    if (!path) return skip(NO_OLDER_NODE)
    const child = spawn(path, ['--input-type=module', '--eval', program, watchModule, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async () => String((await lines.next()).value)
    const inFolder = (name: string) => join(folder, name)
    try {
      expect(await next()).toBe('watching')
      for (const content of ['first', 'other', 'third']) {
        await writeFile(inFolder('src/.source.new'), content)
        await rename(inFolder('src/.source.new'), inFolder('src/source'))
        expect(await next()).toBe('changed')
      }
      await writeFile(inFolder('src/source'), 'in place')
      expect(await next()).toBe('changed')

      for (const name of ['packages/contract/src/source', 'prisma/source', 'web/app/source', 'tools/build/source']) {
        await writeFile(inFolder(name), 'changed')
        expect(await next()).toBe('changed')
      }
      await mkdir(inFolder('src/new'))
      await writeFile(inFolder('src/new/source'), 'new')
      expect(await next()).toBe('changed')
      await rm(inFolder('src/new'), { recursive: true })
      expect(await next()).toBe('changed')
    } finally {
      child.kill()
    }
  })
})
