// A worker whose consumer never finishes an event. It writes a line for each one that it holds. A test kills it.
import { createLogger } from '@postern/service/logger'

/** The built service, which the types of the tests leave out. @param {string} file @returns {Promise<any>} */
const built = (file) => import(new URL(`../../dist/${file}`, import.meta.url).href)

const [{ readConfig }, { runWorker }] = await Promise.all(['config/index.js', 'processes/worker.js'].map(built))
const consumer = {
  name: 'test',
  types: ['user.registered'],
  send() {
    process.stdout.write('holding\n')
    return new Promise(() => undefined)
  },
}
await runWorker({ config: readConfig(), logger: createLogger('silent'), tracing: null }, [consumer])
