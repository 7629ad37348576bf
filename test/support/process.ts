import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CHILD_ENVIRONMENT } from './child-environment.js'
import { createClient, type Client } from './client.js'
import { TEST_ENVIRONMENT } from './service.js'

const built = (file: string) => fileURLToPath(new URL(`../../dist/${file}`, import.meta.url))

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Starts a built program whose environment is only `env`. */
export function startProgram(
  file: string,
  args: string[],
  env: Record<string, string>,
  { detached = false, stdin = '' } = {},
) {
  const child: ChildProcess = spawn(process.execPath, [built(file), ...args], {
    env: { ...CHILD_ENVIRONMENT, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached,
  })
  // A program that ends without reading it is fine.
  child.stdin?.on('error', () => undefined).end(stdin)
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const finished = once(child, 'close').then(([code]): Finished => ({ code: code as number | null, stdout, stderr }))
  return { child, finished }
}

export interface ServiceProcess extends Client {
  url: string
  /** Of gRPC, if GRPC_PORT is set. */
  grpcPort: number
  kill(signal: NodeJS.Signals): void
  pid: number
  finished: Promise<Finished>
}

/**
 * Starts the service as a separate process, as in production. Resolves when it listens. `program`: a single module of it, which
 * loads the others one by one.
 */
export async function startServiceProcess(env: Record<string, string>, program = 'main.js'): Promise<ServiceProcess> {
  const { child, finished } = startProgram(program, [], { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', ...env })
  const listening = new Promise<{ url: string; grpcPort: number }>((resolve, reject) => {
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        const { msg, url, grpcPort = 0 } = JSON.parse(line) as { msg: string; url?: string; grpcPort?: number }
        if (msg === 'listening' && url) resolve({ url, grpcPort })
      })
    void finished.then(({ stdout, stderr }) => reject(new Error(`The service ended: ${stderr}${stdout}`)))
  })
  const { url, grpcPort } = await listening
  return { url, grpcPort, ...createClient(url), kill: (signal) => child.kill(signal), pid: child.pid ?? 0, finished }
}
