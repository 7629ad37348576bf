import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from './free-port.js'
import { until } from './wait.js'

export interface Sample {
  metric: Record<string, string>
  value: [time: number, value: string]
}

/** The program that is installed with promtool. */
function prometheusPath(): string {
  const promtool = process.env['PROMTOOL_PATH']
  if (!promtool) throw new Error('PROMTOOL_PATH is not set: run the tests with npm test')
  const path = join(dirname(promtool), 'prometheus')
  if (!existsSync(path)) throw new Error(`There is no prometheus next to ${promtool}`)
  return path
}

/** A Prometheus that reads these addresses (host and port) every second. */
export async function startPrometheus(targets: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-prometheus-'))
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'postern', static_configs: [{ targets }] }],
  }
  writeFileSync(join(folder, 'prometheus.yaml'), stringify(config))
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    prometheusPath(),
    [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close')

  async function stop() {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true })
  }

  const ready = until('Prometheus is ready', () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  const failed = ended.then(() => Promise.reject(new Error(`Prometheus ended: ${output}`)))
  failed.catch(() => undefined)
  await Promise.race([ready, failed])

  return {
    /** The samples of an instant query. Throws with Prometheus's message if it is wrong. */
    async query(expression: string): Promise<Sample[]> {
      const response = await fetch(`http://${address}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      })
      const answer = (await response.json()) as { status: string; error?: string; data?: { result: Sample[] } }
      if (!answer.data) throw new Error(`${expression}: ${answer.error ?? answer.status}`)
      return answer.data.result
    },
    stop,
  }
}
