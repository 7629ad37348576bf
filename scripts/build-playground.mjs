// Bundles GraphiQL into dist/playground, so that /playground works without the internet. Skips itself while
// neither the lockfile nor the page's own sources have changed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'web/playground')
const target = join(root, 'dist/playground')
const stamp = join(root, 'dist/playground.inputs')

function hashOfInputs() {
  const own = readdirSync(sources).map((name) => join(sources, name))
  const hash = createHash('sha256')
  for (const file of [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), ...own.sort()]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} fresh the folder to fill */
async function bundle(fresh) {
  const { build } = await import('vite')
  await build({
    configFile: false,
    // Warnings are about React directives inside the dependencies, a hundred of them, none ours to mend.
    logLevel: 'error',
    root: sources,
    base: '/playground/',
    build: { outDir: fresh, emptyOutDir: true, reportCompressedSize: false, chunkSizeWarningLimit: 10_000 },
  })
}

/**
 * Puts the fresh folder in place of the old one. When another build does the same at the same time, whichever
 * comes first wins: both were made from the same inputs.
 * @param {string} fresh
 */
function swapIn(fresh) {
  const old = `${fresh}.old`
  if (existsSync(target)) renameSync(target, old)
  try {
    renameSync(fresh, target)
  } catch (error) {
    if (!existsSync(join(target, 'index.html'))) throw error
  }
  rmSync(old, { recursive: true, force: true })
}

const inputs = hashOfInputs()
const built = existsSync(join(target, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs

if (!built) {
  mkdirSync(join(root, 'dist'), { recursive: true })
  const fresh = `${target}.${process.pid}`
  try {
    await bundle(fresh)
    swapIn(fresh)
    writeFileSync(stamp, inputs)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
