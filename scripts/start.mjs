// npm start: from a bare machine to a running service, for development.
// npm start -- --with-rabbitmq: with a private RabbitMQ and a worker.
// npm start -- --with-gateway: with the gateway in front of it.
// npm start -- --all: with the gateway, and the services beside it.
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { main } from '../tools/launch/main.mjs'
import { programsIn, startPrograms } from '../tools/launch/running.mjs'

let serving = false

async function start() {
  const programs = programsIn(process.argv)
  const { url, settings, serverDeath } = await prepareDevelopment('npm start', 'running', programs)
  const { log, death, shown } = await startPrograms(programs, settings, url.local)
  serving = true
  welcome(url.shown, log, settings, 'Ctrl-C stops everything. The data stays for the next start.', shown)
  await Promise.race([death, serverDeath])
}

await main(start, { onSignal: () => (serving ? 0 : undefined) })
