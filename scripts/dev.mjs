// npm run dev: what npm start runs with the same arguments, built and started again whenever the sources change.
import { build } from '../tools/launch/build.mjs'
import { prepareDevelopment, welcome } from '../tools/launch/development.mjs'
import { Failure } from '../tools/launch/lifetime.mjs'
import { main } from '../tools/launch/main.mjs'
import { migrateAll } from '../tools/launch/migrate.mjs'
import { red, say, step } from '../tools/launch/progress.mjs'
import { programsIn, startPrograms } from '../tools/launch/running.mjs'
import { watchSources } from '../tools/launch/watch.mjs'

const CLOSING = 'Changes in src, packages, web and prisma restart everything. Ctrl-C stops it.'

async function dev() {
  const programs = programsIn(process.argv)
  const { url, settings, serverDeath } = await prepareDevelopment('npm run dev', 'everything', programs)
  const sources = watchSources(undefined, programs.beside)
  const start = () =>
    attempt(async () => {
      const running = await startPrograms(programs, settings, url.local)
      running.death.catch(report)
      return running
    })
  let running = await start()
  if (running) welcome(url.shown, running.log, settings, CLOSING, running.shown)

  for (;;) {
    await Promise.race([sources.change(), serverDeath])
    // A build that fails leaves the old programs running.
    if (!(await attempt(() => step('build', async (note) => (await build(note), true))))) continue
    await running?.stop()
    const migrations = () => step('migrations', (note) => migrateAll(programs.beside, settings, note))
    running = (await attempt(migrations)) && (await start())
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
