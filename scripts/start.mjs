// npm start: from a bare machine to a running service, for development.
// npm start -- --with-rabbitmq: with a private RabbitMQ and a worker.
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'
import { startService, startWorker } from '../tools/launch/service.mjs'

let serving = false

async function start() {
  const withRabbitmq = process.argv.includes('--with-rabbitmq')
  const { url, settings, serverDeath } = await prepareDevelopment('npm start', 'running', { withRabbitmq })
  const service = await step('service', () => startService(settings, url.local))
  const worker = withRabbitmq && (await step('worker', () => startWorker(settings)))
  serving = true
  welcome(url.shown, service.log, settings, 'Ctrl-C stops everything. The data stays for the next start.')
  await Promise.race([service.death, serverDeath, ...(worker ? [worker.death] : [])])
}

await main(start, { onSignal: () => (serving ? 0 : undefined) })
