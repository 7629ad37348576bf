// A gateway as a separate process, as in production.
import { createInterface } from 'node:readline'
import { GATEWAY_KEY } from './gateway.js'
import { startProgram } from './process.js'
import { testRedisUrl } from './redis.js'
import type { LogLine } from './service.js'

/** Resolves when it listens. */
export async function startGatewayProcess(env: Record<string, string>) {
  const { child, finished } = startProgram('../services/gateway/dist/main.js', [], {
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'info', GATEWAY_PORT: '0', GATEWAY_METRICS_PORT: '0', GATEWAY_KEY },
    ...{ JWT_SECRET: 'test-jwt-secret-0123456789abcdef0123456789', REDIS_URL: testRedisUrl(), ...env },
  })
  const lines: LogLine[] = []
  const listening = new Promise<string[]>((resolve, reject) => {
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        lines.push(JSON.parse(line) as LogLine)
        const urls = ['listening', 'metrics listen'].map((msg) => lines.find((entry) => entry['msg'] === msg)?.['url'])
        if (urls.every((url) => url !== undefined)) resolve(urls as string[])
      })
    void finished.then(({ stdout, stderr }) => reject(new Error(`The gateway ended: ${stderr}${stdout}`)))
  })
  const [url = '', metricsUrl = ''] = await listening
  return { url, metricsUrl, lines, kill: (signal: NodeJS.Signals) => child.kill(signal), finished }
}
