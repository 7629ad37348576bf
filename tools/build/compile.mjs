// Compiles the sources of packages to JavaScript, file by file: <folder>/src to <folder>/dist, for each folder given, without
// the programs, which programs.mjs bundles. It removes the types and does not check them; the build step `types` does.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { transformWithOxc } from 'vite'
import { filesIn } from '../launch/fingerprint.mjs'

const emitted = /\.js(?:\.map)?$/

/** The programs, which programs.mjs bundles. */
const programs = /^(?:main|cli)\.ts$/

/** The results of other steps in the same folder. */
const others = /^(?:(?:playground|web|parts)\/|(?:main|cli|config|hasher)\.js)/

/** @param {string} source @param {string} target */
async function compile(source, target) {
  const { code, map } = await transformWithOxc(readFileSync(source, 'utf8'), source, {
    target: 'es2024',
    sourcemap: true,
    // As verbatimModuleSyntax: an import is removed only if it says `type`.
    typescript: { onlyRemoveTypeImports: true },
  })
  mkdirSync(dirname(target), { recursive: true })
  const sources = [relative(dirname(target), source)]
  writeFileSync(`${target}.map`, JSON.stringify({ ...map, file: basename(target), sources, sourcesContent: undefined }))
  writeFileSync(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`)
}

for (const folder of process.argv.slice(2)) {
  const [from, to] = [join(folder, 'src'), join(folder, 'dist')]
  const sources = filesIn(from).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !programs.test(relative(from, file)),
  )
  await Promise.all(sources.map((file) => compile(file, join(to, relative(from, file).replace(/\.ts$/, '.js')))))

  // A result whose source was deleted could still be loaded.
  for (const file of filesIn(to)) {
    const path = relative(to, file)
    if (!emitted.test(path) || others.test(path)) continue
    if (!existsSync(join(from, path.replace(emitted, '.ts')))) rmSync(file)
  }
}
