// Loaded by `npm run worker` before the service: the settings of the running development service, for a worker beside it.
import './env.mjs'

process.env['ROLE'] = 'worker'
// The service has the ports of PORT and METRICS_PORT.
process.env['PORT'] = process.env['WORKER_PORT'] || '0'
process.env['METRICS_PORT'] = ''
