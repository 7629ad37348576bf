// Bundles the programs of a package: each with all that it imports into dist/<program>.js, and into dist/parts/ what programs
// share or load on demand. A program of 40 files starts in two thirds of the time that one of 2,000 takes.
// node programs.mjs <folder> '{ "<program>": "<source below src>" }'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'tsdown'

/** What stays in node_modules. Each has native code, or finds files next to its own. */
const NOT_BUNDLED = [
  /^@node-rs\//,
  'argon2',
  // The client of Prisma, whose driver src/clients/mariadb-sockets.ts changes.
  /^@prisma\//,
  'mariadb',
  // They read their .proto files.
  '@grpc/grpc-js',
  '@grpc/reflection',
  // Loaded where there is a collector.
  /^@opentelemetry\/(?!api$)/,
]

const [folder = '', programs = '{}'] = process.argv.slice(2)
/** @type {[string, string][]} */
const sources = Object.entries(JSON.parse(programs))
const dist = join(folder, 'dist')
const parts = join(dist, 'parts')
const list = join(dist, 'parts.json')
/** @type {string[]} */
const previous = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []

const { bundles } = await build({
  config: false,
  logLevel: 'warn',
  cwd: folder,
  entry: Object.fromEntries(sources.map(([program, source]) => [program, join(folder, 'src', source)])),
  outDir: dist,
  // It has the single modules too, for tests.
  clean: false,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  fixedExtension: false,
  dts: false,
  sourcemap: true,
  // An import that it can't resolve would only be noticed when it is loaded.
  failOnWarn: true,
  deps: { neverBundle: NOT_BUNDLED, alwaysBundle: [/./], onlyBundle: false },
  outputOptions: { chunkFileNames: 'parts/[name]-[hash].js' },
})

// Programs that run, and were built before, still load their own parts: those of the build before stay, and names have hashes.
const current = bundles.flatMap(({ chunks }) => chunks.map(({ fileName }) => basename(fileName)))
for (const part of readdirSync(parts))
  if (!current.includes(part) && !previous.includes(part)) rmSync(join(parts, part))
writeFileSync(list, JSON.stringify(current))
