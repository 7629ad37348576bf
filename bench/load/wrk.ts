import { fileURLToPath } from 'node:url'
import { run } from '../../tools/launch/children.mjs'
import type { Body } from './question.ts'

const script = fileURLToPath(new URL('wrk.lua', import.meta.url))

export interface Load {
  url: string
  /** A name a line. */
  file: string
  body: Body
  seconds: number
  connections: number
}

/** Saturates a server for some seconds. Times are in microseconds. Rejects when a single request has failed, or none was answered. */
export async function saturate({ url, file, body, seconds, connections }: Load) {
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script]
  const output = await run('wrk', 'wrk', [...options, url, '--', file, body.before, body.after])
  const counted = JSON.parse(output.trim().split('\n').at(-1) ?? '') as {
    requests: number
    microseconds: number
    p50: number
    p99: number
    failed: number
  }
  if (counted.failed > 0 || counted.requests === 0)
    throw new Error(`${url}: ${counted.failed} of ${counted.requests} requests have failed.\n${output}`)
  return counted
}
