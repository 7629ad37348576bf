import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installDependencies } from '../../tools/launch/install.mjs'
import { CHILD_ENVIRONMENT } from './child-environment.js'
import { root, run } from './packed.js'
import { until } from './wait.js'

const NEXT = 'node_modules/next/dist/bin/next'
const base = { ...CHILD_ENVIRONMENT, HOME: process.env['HOME'], NEXT_TELEMETRY_DISABLED: '1', CI: '1' }

/**
 * Installs and builds examples/nextjs in a folder of its own, as its README says. The folder stays, so that the next run
 * does not install the same again. `pages`: more files of it, by their paths.
 */
export async function buildNextjs(env: Record<string, string>, pages: Record<string, string> = {}) {
  const folder = join(root, '.postern/nextjs')
  const app = join(folder, 'examples/nextjs')
  mkdirSync(app, { recursive: true })
  for (const name of readdirSync(app)) if (name !== 'node_modules') rmSync(join(app, name), { recursive: true })
  cpSync(join(root, 'examples/nextjs'), app, {
    recursive: true,
    filter: (path) => !/\/(?:node_modules|\.next|next-env\.d\.ts)$/.test(path),
  })
  for (const [path, code] of Object.entries(pages)) {
    mkdirSync(join(app, dirname(path)), { recursive: true })
    writeFileSync(join(app, path), code)
  }
  // The example names the packages by their place in the repository.
  const packages = join(folder, 'packages')
  if (!existsSync(packages)) symlinkSync(join(root, 'packages'), packages)
  await installDependencies(() => undefined, app)
  await run(process.execPath, [NEXT, 'build'], { cwd: app, env: { ...base, ...env } })
  return app
}

export type NextjsApp = Awaited<ReturnType<typeof startNextjs>>

/** `next start`; resolves once it answers. */
export async function startNextjs(app: string, port: number, env: Record<string, string>) {
  const child = spawn(process.execPath, [NEXT, 'start', '--hostname', '127.0.0.1', '--port', String(port)], {
    cwd: app,
    env: { ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  const url = `http://127.0.0.1:${port}`
  await Promise.race([
    until('the app answers', () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
    finished.then(() => Promise.reject(new Error(`The app ended: ${output}`))),
  ])
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      return finished
    },
  }
}
