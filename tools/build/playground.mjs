// Bundles the playground into dist/playground, so that /playground works without internet access. GraphiQL, its editor and
// its workers come built, in one package: docs/adr/0038-install-groups.md.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from '@graphql-yoga/render-graphiql/graphiql'
import { build } from 'vite'

/** @param {string} path */
const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The package has its files as strings. Browsers may keep them forever, so their names carry a hash. */
const files = Object.entries({ script: js, styles: css, editorWorkerService, graphqlWorker, jsonWorker }).map(
  ([key, content]) => {
    const hash = createHash('sha256').update(content).digest('base64url').slice(0, 8)
    return { key, content, name: `graphiql-${key}-${hash}.${key === 'styles' ? 'css' : 'js'}` }
  },
)

await build({
  configFile: false,
  logLevel: 'warn',
  root: fromRoot('web/playground'),
  base: '/playground/',
  cacheDir: fromRoot('node_modules/.cache/vite'),
  define: {
    GRAPHIQL: JSON.stringify(Object.fromEntries(files.map(({ key, name }) => [key, `/playground/assets/${name}`]))),
  },
  build: {
    outDir: fromRoot('dist/playground'),
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
  },
})
for (const { name, content } of files) writeFileSync(join(fromRoot('dist/playground/assets'), name), content)
