// Bundles a published package by the settings under `tsdown` in its package.json: its code into dist, and with --types its
// types. Run it in the package's folder.
import { readFileSync } from 'node:fs'
import { build } from 'tsdown'

const types = process.argv.includes('--types')
const settings = JSON.parse(readFileSync('package.json', 'utf8')).tsdown

for (const bundle of [settings].flat()) {
  await build({
    ...bundle,
    config: false,
    logLevel: 'warn',
    // The types leave the code as it is: another step may read it.
    clean: !types && bundle.clean !== false,
    dts: types ? { emitDtsOnly: true, tsc: { eager: true } } : false,
  })
}
