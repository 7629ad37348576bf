// A worker whose consumer never finishes an event. It writes a line for each one that it holds. A test kills it.
import { readConfig } from '../../dist/config/index.js'
import { createLogger } from '../../dist/platform/logger.js'
import { runWorker } from '../../dist/processes/worker.js'

const consumer = {
  name: 'test',
  types: ['user.registered'],
  send() {
    process.stdout.write('holding\n')
    return new Promise(() => undefined)
  },
}
await runWorker({ config: readConfig(), logger: createLogger('silent'), tracing: null }, [consumer])
