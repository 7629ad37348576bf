// The programs that one command runs: Postern, and on request a worker, the gateway and the services beside it.
import { gatewayUrl } from './gateway.mjs'
import { step } from './progress.mjs'
import { logs, startBeside, startGateway, startService, startWorker } from './service.mjs'
import { callerSettings, grpcPort, services } from './services.mjs'

/**
 * What people ask for, as arguments of `npm start` and `npm run dev`.
 * @typedef {object} Programs
 * @property {boolean} withRabbitmq RabbitMQ, and a worker
 * @property {boolean} withGateway
 * @property {readonly import('./services.mjs').ServiceProgram[]} beside
 */

/** @param {readonly string[]} args @returns {Programs} */
export function programsIn(args) {
  const all = args.includes('--all')
  return {
    withRabbitmq: args.includes('--with-rabbitmq'),
    withGateway: all || args.includes('--with-gateway'),
    beside: all ? services : [],
  }
}

/**
 * Starts them, and waits until all are ready. Postern is first: the others verify its tokens.
 * @param {Programs} programs @param {NodeJS.ProcessEnv} given settings of Postern @param {string} url where it will answer
 */
export async function startPrograms({ withRabbitmq, withGateway, beside }, given, url) {
  const settings = beside.length > 0 ? callerSettings(given) : given
  /** @type {Awaited<ReturnType<typeof startService>>[]} */
  const running = []
  const stop = () => Promise.all(running.map((program) => program.stop()))
  /** @param {string} name @param {() => ReturnType<typeof startService>} program */
  const start = async (name, program) => void running.push(await step(name, program))

  await start('service', () => startService(settings, url))
  const outcomes = await Promise.allSettled([
    ...(withRabbitmq ? [start('worker', () => startWorker(settings))] : []),
    ...beside.map((service) => start(service.name, () => startBeside(service, settings))),
    ...(withGateway ? [start('gateway', () => startGateway(settings))] : []),
  ])
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return {
    stop,
    /** Resolves when they were stopped, rejects when one ended without that. */
    death: Promise.race(running.map((program) => program.death)),
    /** The file, or the folder of several. */
    log: running.length === 1 ? (running[0]?.log ?? '') : logs,
    /** Where the others answer, for people. */
    shown: {
      ...(withGateway && { REST: `${gatewayUrl(settings)}/docs` }),
      ...Object.fromEntries(
        beside.map((service) => [service.title, `localhost:${grpcPort(service, settings)} (gRPC)`]),
      ),
    },
  }
}
