// npm run dev: the service as npm start runs it, built and started again whenever its sources change.
import { build } from '../tools/launch/build.mjs'
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { Failure } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { migrate } from '../tools/launch/migrate.mjs'
import { red, say, step } from '../tools/launch/progress.mjs'
import { startService } from '../tools/launch/service.mjs'
import { watchSources } from '../tools/launch/watch.mjs'

const CLOSING = 'Changes in src, packages, web and prisma restart the service. Ctrl-C stops everything.'

async function dev() {
  const { url, settings, serverDeath } = await prepareDevelopment('npm run dev', 'everything')
  const sources = watchSources()
  const start = () =>
    attempt(async () => {
      const service = await step('service', () => startService(settings, url.local))
      service.death.catch(report)
      return service
    })
  let service = await start()
  if (service) welcome(url.shown, service.log, settings, CLOSING)

  for (;;) {
    await Promise.race([sources.change(), serverDeath])
    // A build that fails leaves the old service running.
    if (!(await attempt(() => step('build', async (note) => (await build(note), true))))) continue
    await service?.stop()
    const migrated = await attempt(() => step('migrations', async (note) => (await migrate(settings, note), true)))
    service = migrated && (await start())
  }
}

/**
 * Returns what `work` returns, or undefined after it has shown its failure.
 * @template T
 * @param {() => Promise<T>} work
 */
async function attempt(work) {
  try {
    return await work()
  } catch (error) {
    report(error)
    return undefined
  }
}

/** A failure can be fixed by the next change. Any other error ends the command. @param {unknown} error */
function report(error) {
  if (!(error instanceof Failure)) throw error
  say(`\n${red('✘')} ${error.message}\n\n  Waiting for a change.\n`)
}

await main(dev, { onSignal: () => 0 })
