// Bundles GraphiQL into dist/playground, so that /playground works without internet access.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** @param {string} path */
const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

await build({
  configFile: false,
  // The warnings are about React directives in dependencies.
  logLevel: 'error',
  root: fromRoot('web/playground'),
  base: '/playground/',
  cacheDir: fromRoot('node_modules/.cache/vite'),
  build: {
    outDir: fromRoot('dist/playground'),
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 10_000,
  },
})
