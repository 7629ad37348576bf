// From a fresh checkout to a service: how long `npm start` takes, and how much it installs.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { end, hasEnded, spawn } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { root } from '../../tools/launch/paths.mjs'
import { BEFORE, NOW } from '../contenders/postern.ts'
import type { Target } from '../report/results.ts'
import { until } from '../stage/until.ts'
import type { Measure } from './part.ts'

const PATIENCE_SECONDS = 900
const END_MS = 30_000

interface Start {
  /** Seconds. */
  installation: number
  total: number
  bytes: number
}

/** Only what is in Git. */
function copyCheckout(from: string, to: string): void {
  const files = execFileSync('git', ['-C', from, 'ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean)
  for (const file of files) {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(from, file), join(to, file))
  }
}

async function startFresh(checkout: string, workspace: string): Promise<Start> {
  const folder = mkdtempSync(join(workspace, 'start-'))
  const copy = join(folder, 'checkout')
  copyCheckout(checkout, copy)
  const log = await open(join(folder, 'log'), 'w')
  // An empty cache of npm, as on a new machine.
  const env = { ...process.env, npm_config_cache: join(folder, 'cache') }
  const begun = performance.now()
  // On all cores, like any user.
  const child = spawn('taskset', ['-c', `0-${cpus().length - 1}`, 'npm', 'start'], {
    cwd: copy,
    env,
    stdio: ['ignore', log.fd, log.fd],
  })
  const forget = onStop(() => end(child, END_MS))
  const text = () => readFileSync(join(folder, 'log'), 'utf8')
  await until(
    'npm start runs the service',
    () => {
      if (hasEnded(child)) throw new Error(`npm start ended.\n${text()}`)
      return /✔ service\b/.test(text())
    },
    PATIENCE_SECONDS,
  )
  const total = (performance.now() - begun) / 1000
  await end(child, END_MS)
  forget()
  await log.close()
  const installation = Number(/✔ dependencies\s+([\d.]+) s/.exec(text())?.[1])
  const bytes = Number(execFileSync('du', ['-sb', join(copy, 'node_modules')], { encoding: 'utf8' }).split('\t')[0])
  rmSync(folder, { recursive: true, force: true })
  return { installation, total, bytes }
}

export const start: Measure = async ({ stage, note, before }) => {
  note(NOW)
  const own = await startFresh(root, stage.files)
  note(BEFORE)
  const other = before === undefined ? null : await startFresh(resolve(before), stage.files)

  const target = (what: string, ours: number, theirs: number, unit: string, goal: number): Target => {
    const ratio = ours / theirs
    const measured = `${ratio.toFixed(2)} × (${ours.toFixed(0)} of ${theirs.toFixed(0)} ${unit})`
    return { what, goal: `≤ ${goal} ×`, measured, spread: '', reached: ratio <= goal }
  }
  const mebibytes = (bytes: number) => bytes / 2 ** 20
  const row = (name: string, { installation, total, bytes }: Start) => [
    name,
    ...[installation, total, mebibytes(bytes)].map((figure) => figure.toFixed(0)),
  ]
  return {
    targets: other
      ? [
          target(
            'installation of a fresh `npm start`, against the build before',
            own.installation,
            other.installation,
            's',
            0.6,
          ),
          target('… size of node_modules', mebibytes(own.bytes), mebibytes(other.bytes), 'MiB', 0.5),
        ]
      : [],
    tables: [
      {
        title: 'A fresh `npm start`',
        columns: ['', 'installation, s', 'until the service runs, s', 'node_modules, MiB'],
        rows: [row(NOW, own), ...(other ? [row(BEFORE, other)] : [])],
        notes: ['Of the files in Git, with an empty npm cache; the network is part of it. One run each.'],
      },
    ],
  }
}
