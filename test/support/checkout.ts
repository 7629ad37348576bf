import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processes } from '../../tools/launch/process-table.mjs'
import { until } from './wait.js'

/** What tests have installed in folders of their own is a hundred times as large as the rest. */
const UNTRACKED = /\/(?:\.git|\.env|\.postern|node_modules|coverage)$/

/** A copy of this checkout with its results, for commands that keep data in it. */
export async function copyCheckout() {
  const here = process.cwd()
  // With a space in its path, as on many machines.
  const path = join(await realpath(await mkdtemp(join(tmpdir(), 'launcher '))), 'a checkout')
  await cp(here, path, { recursive: true, filter: (file) => !UNTRACKED.test(file) })
  await symlink(join(here, 'node_modules'), join(path, 'node_modules'))
  const started = new Set<ChildProcess>()

  /** The processes that work in it. */
  const left = () => processes().filter(({ cwd }) => cwd.startsWith(path))

  return {
    path,
    left,

    /** Starts a command of package.json by its file, without the servers of this test run. `node` runs it. */
    start(args: string[], env: Record<string, string> = {}, node = process.execPath) {
      const inherited = Object.entries(process.env).filter(
        ([name]) => !/^(?:TEST_)?(?:DATABASE|REDIS)_URL$|^NODE_ENV$/.test(name),
      )
      const child = spawn(node, args, {
        cwd: path,
        // Other tests start the service at the same time, and its port for gRPC is fixed in development.
        env: { ...Object.fromEntries(inherited), GRPC_PORT: 'off', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.add(child)
      const output = { text: '' }
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += String(data)))
      const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, text: output.text }))
      /** Waits until it has printed `words`, so many times. */
      const prints = (words: string, times = 1) =>
        until(`it prints ${words}`, () => {
          const found = output.text.split(words).length > times
          if (child.exitCode !== null && !found) throw new Error(output.text)
          return found
        })
      return { child, ended, prints }
    },

    /** Stops every command, and waits until no process is left. */
    async stop() {
      for (const child of started) if (child.exitCode === null) child.kill('SIGTERM')
      await until('no process is left', () => left().length === 0)
      started.clear()
    },

    remove: () => rm(join(path, '..'), { recursive: true, force: true }),
  }
}

export type Checkout = Awaited<ReturnType<typeof copyCheckout>>
