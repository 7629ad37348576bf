// npm start: from a bare machine to a running service, for development.
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { main } from '../tools/launch/main.mjs'
import { step } from '../tools/launch/progress.mjs'
import { startService } from '../tools/launch/service.mjs'

let serving = false

async function start() {
  const { url, settings, serverDeath } = await prepareDevelopment('npm start', 'running')
  const service = await step('service', () => startService(settings, url.local))
  serving = true
  welcome(url.shown, service.log, settings, 'Ctrl-C stops everything. The data stays for the next start.')
  await Promise.race([service.death, serverDeath])
}

await main(start, { onSignal: () => (serving ? 0 : undefined) })
