// For npm pack, in a package's folder: adds a folder for each subpath of `exports`, for tools that do not know `exports`,
// such as Jest before 28, webpack 4 and some configurations of Metro. With --remove it removes them again.
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))

for (const [subpath, target] of Object.entries(exports)) {
  // The package itself has `main`, and package.json is a file.
  if (subpath === '.' || !target.require) continue
  const folder = subpath.replace('./', '')
  const file = `${folder}/package.json`
  if (process.argv.includes('--remove')) {
    rmSync(file)
    // Not recursive: a folder with anything else in it is not one of these.
    rmdirSync(folder)
  } else {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify({ main: `.${target.require.default}` }, null, 2)}\n`)
  }
}
