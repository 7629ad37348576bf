import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from '../../packages/client/test/support/bundle.js'
import { installDependencies } from '../../tools/launch/install.mjs'
import { freePort } from './free-port.js'
import { root } from './packed.js'
import { until } from './wait.js'

const folder = join(root, 'test/runtimes')

/** The path of a runtime, which is installed if it is not there. Rejects if that fails: no test is skipped. */
export async function runtime(name: 'bun' | 'workerd'): Promise<string> {
  await installDependencies(() => {}, folder)
  return join(folder, 'node_modules/.bin', name)
}

/** Runs test/runtimes/worker.ts in workerd, which Cloudflare Workers run on, with the behavior of `compatibilityDate`. */
export async function startWorker(compatibilityDate: string, bindings: Readonly<Record<string, string>>) {
  const [workerd, code, port] = [await runtime('workerd'), await bundle('test/runtimes/worker.ts'), await freePort()]
  mkdirSync(join(root, '.postern'), { recursive: true })
  const scratch = mkdtempSync(join(root, '.postern', 'worker-'))
  const text = (value: string) => JSON.stringify(value)
  const config = `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "worker", worker = .worker),
        (name = "internet", network = (allow = ["local"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
    );
    const worker :Workerd.Worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = ${text(compatibilityDate)},
      bindings = [${Object.entries(bindings)
        .map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`)
        .join(', ')}],
    );`
  writeFileSync(join(scratch, 'worker.js'), code)
  writeFileSync(join(scratch, 'config.capnp'), config)

  const child = spawn(workerd, ['serve', join(scratch, 'config.capnp')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  await Promise.race([
    until('the worker answers', () =>
      fetch(`${url}/me`).then(
        () => true,
        () => false,
      ),
    ),
    ended.then(() => Promise.reject(new Error(`workerd ended: ${output}`))),
  ])
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(scratch, { recursive: true })
    },
  }
}
