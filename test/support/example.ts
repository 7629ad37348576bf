import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../examples/microservice/server.ts', import.meta.url))

export interface Answer {
  status: number
  headers: Headers
  body: any
}

export type Example = Awaited<ReturnType<typeof startExample>>

/** Starts the example as a process whose environment is only `env`. Resolves when it listens. */
export async function startExample(env: Record<string, string>) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], EXAMPLE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
  const url = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => /http:\/\/[^/]+/.exec(String(line))?.[0] ?? ''),
    finished.then(() => Promise.reject(new Error(`The example ended: ${stderr}`))),
  ])
  return {
    url,
    finished,
    get: async (path: string, token?: string): Promise<Answer> => {
      const response = await fetch(url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
    async stop() {
      child.kill('SIGTERM')
      return finished
    },
  }
}
