import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const bundler = join(process.cwd(), 'tools/build/programs.mjs')

it('a program that runs while its package is built again still finds what it loads on demand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bundles-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'package.json'), '{ "name": "bundled", "type": "module" }')
  writeFileSync(join(folder, 'src/main.ts'), "const { text } = await import('./late.js')\nconsole.log(text)\n")

  const dist = join(folder, 'dist')
  const parts = () => readdirSync(join(dist, 'parts')).filter((name) => name.endsWith('.js'))
  const build = (text: string) => {
    writeFileSync(join(folder, 'src/late.ts'), `export const text: string = '${text}'\n`)
    execFileSync(process.execPath, [bundler, folder, '{ "main": "main.ts" }'])
    expect(execFileSync(process.execPath, [join(dist, 'main.js')], { encoding: 'utf8' })).toBe(`${text}\n`)
  }

  build('first')
  const [first = ''] = parts()
  cpSync(join(dist, 'main.js'), join(dist, 'running.js'))
  build('second')
  expect(execFileSync(process.execPath, [join(dist, 'running.js')], { encoding: 'utf8' })).toBe('first\n')
  expect(parts()).toHaveLength(2)

  writeFileSync(join(folder, 'src/main.ts'), "await import('./missing.js')\n")
  expect(() => execFileSync(process.execPath, [bundler, folder, '{ "main": "main.ts" }'], { stdio: 'pipe' })).toThrow(
    'missing.js',
  )
  expect(execFileSync(process.execPath, [join(dist, 'main.js')], { encoding: 'utf8' })).toBe('second\n')

  writeFileSync(join(folder, 'src/main.ts'), "const { text } = await import('./late.js')\nconsole.log(text)\n")
  build('third')
  expect(parts()).toHaveLength(2)
  expect(existsSync(join(dist, 'parts', first))).toBe(false)
})
