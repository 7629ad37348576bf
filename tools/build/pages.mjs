// Bundles the pages into dist/web, with compressed copies beside the assets that compress.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

/** @param {string} path */
const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const target = fromRoot('dist/web')
const assets = join(target, 'assets')

await build({
  configFile: false,
  logLevel: 'warn',
  root: fromRoot('web/app'),
  cacheDir: fromRoot('node_modules/.cache/vite'),
  build: {
    outDir: target,
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // Browsers with this target know it.
    modulePreload: { polyfill: false },
    // The dictionaries of password strength, loaded when a user chooses a password.
    chunkSizeWarningLimit: 2_000,
  },
})

for (const entry of readdirSync(assets, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(?:js|css|svg)$/.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const body = readFileSync(path)
  writeFileSync(`${path}.br`, brotliCompressSync(body))
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
}
