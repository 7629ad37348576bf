import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const workspace = new URL('../../../tools/launch/workspace.mjs', import.meta.url).href
const main = new URL('../../../tools/launch/main.mjs', import.meta.url).href
let temporary: string

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'workspace-'))
})
afterEach(() => rmSync(temporary, { recursive: true }))

/** The folder of a run whose process has ended. */
function killedRun(): string {
  const folder = join(temporary, 'postern-test-killed')
  mkdirSync(folder)
  writeFileSync(join(folder, 'owner'), `${process.pid} another`)
  return folder
}

/** One run: it makes its folder, and removes it at its end. */
const run = (): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { main } from '${main}'; import { makeWorkspace } from '${workspace}'; await main(async () => { await makeWorkspace(); return 0 })`,
    ],
    { env: { ...process.env, TMPDIR: temporary }, encoding: 'utf8' },
  )

const mounted = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'postern-test', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

it('removes the folder of a killed run and its own', () => {
  const folder = killedRun()
  writeFileSync(join(folder, 'data'), 'left')
  run()
  expect(readdirSync(temporary)).toEqual([])
})

it('removes the folder of a killed run in which a disk is still mounted', (context) => {
  const disk = join(killedRun(), 'tmp', 'a small disk')
  mkdirSync(disk, { recursive: true })
  if (!mounted(disk)) context.skip('This user may not mount a file system.')
  writeFileSync(join(disk, 'data'), 'left')
  run()
  expect(readdirSync(temporary)).toEqual([])
})

it('goes on if the folder of a killed run cannot be removed', (context) => {
  const folder = killedRun()
  writeFileSync(join(folder, 'data'), 'left')
  // No user may remove what is in an append-only folder.
  try {
    execFileSync('chattr', ['+a', folder], { stdio: 'ignore' })
  } catch {
    context.skip('This file system has no append-only folders.')
  }
  try {
    expect(run()).toContain('left by a killed run, cannot be removed')
    expect(existsSync(folder)).toBe(true)
  } finally {
    execFileSync('chattr', ['-a', folder])
  }
})

it('ends a name service of Erlang that works elsewhere, by its home folder', async () => {
  const program = join(temporary, 'epmd')
  symlinkSync('/bin/sleep', program)
  const startAt = (HOME: string) => spawn(program, ['600'], { cwd: '/', env: { HOME }, stdio: 'ignore' })
  const left = startAt(join(killedRun(), 'tmp', 'rabbitmq'))
  const other = startAt(`${join(temporary, 'postern-test-killed')}-by-its-name-only`)
  try {
    await Promise.all([once(left, 'spawn'), once(other, 'spawn')])
    const ended = once(left, 'exit')
    run()
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(other.exitCode ?? other.signalCode).toBeNull()
  } finally {
    for (const each of [left, other]) each.kill('SIGKILL')
  }
})
