import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CHILD_ENVIRONMENT } from './child-environment.js'

export interface Answer {
  status: number
  headers: Headers
  body: any
}

export type Example = Awaited<ReturnType<typeof startExample>>

/** An example as a process of its own, with nothing in its environment but `env`; resolves once it listens. */
export async function startExample(env: Record<string, string>, name = 'microservice') {
  const program = fileURLToPath(new URL(`../../examples/${name}/server.ts`, import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { ...CHILD_ENVIRONMENT, EXAMPLE_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
  const url = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => /http:\/\/[^/]+/.exec(String(line))?.[0] ?? ''),
    finished.then(() => Promise.reject(new Error(`The example ended: ${stderr}`))),
  ])
  const request = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url + path, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
  return {
    url,
    finished,
    request,
    get: (path: string, token?: string) =>
      request(path, { headers: token ? { authorization: `Bearer ${token}` } : {} }),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async stop() {
      child.kill('SIGTERM')
      return finished
    },
  }
}
