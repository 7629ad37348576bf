// npm start: from a bare machine to a running service, for development.
// npm start -- --with-rabbitmq: with a private RabbitMQ and a worker.
// npm start -- --with-gateway: with the gateway in front of it.
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { gatewayUrl } from '../tools/launch/gateway.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'
import { startGateway, startService, startWorker } from '../tools/launch/service.mjs'

let serving = false

async function start() {
  const withRabbitmq = process.argv.includes('--with-rabbitmq')
  const { url, settings, serverDeath } = await prepareDevelopment('npm start', 'running', { withRabbitmq })
  const service = await step('service', () => startService(settings, url.local))
  const worker = withRabbitmq && (await step('worker', () => startWorker(settings)))
  const gateway = process.argv.includes('--with-gateway') && (await step('gateway', () => startGateway(settings)))
  const shown = gateway ? gatewayUrl(settings) : undefined
  serving = true
  welcome(url.shown, service.log, settings, 'Ctrl-C stops everything. The data stays for the next start.', shown)
  await Promise.race([service.death, serverDeath, ...[worker, gateway].flatMap((other) => (other ? other.death : []))])
}

await main(start, { onSignal: () => (serving ? 0 : undefined) })
