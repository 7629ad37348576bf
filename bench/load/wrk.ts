// Runs wrk against a server, and returns its totals.
import { fileURLToPath } from 'node:url'
import { run } from '../../tools/launch/children.mjs'
import type { Body } from './request-bodies.ts'

const script = fileURLToPath(new URL('wrk.lua', import.meta.url))

export interface Load {
  url: string
  /** One name per line. */
  file: string
  body: Body
  seconds: number
  connections: number
}

/** Saturates a server for some seconds. Times are in microseconds. Rejects if a request failed, or if none got a response. */
export async function saturate({ url, file, body, seconds, connections }: Load) {
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script]
  const output = await run('wrk', 'wrk', [...options, url, '--', file, body.before, body.after])
  const totals = JSON.parse(output.trim().split('\n').at(-1) ?? '') as {
    requests: number
    microseconds: number
    p50: number
    p99: number
    failed: number
  }
  if (totals.failed > 0 || totals.requests === 0)
    throw new Error(`${url}: ${totals.failed} of ${totals.requests} requests failed.\n${output}`)
  return totals
}
