// Loaded by `npm run gateway` before the gateway: the settings of the running development service, for a gateway in front of it.
import './env.mjs'
import { gatewaySettings } from './gateway.mjs'

Object.assign(process.env, gatewaySettings(process.env))

if (!process.env['GATEWAY_KEY'])
  process.stderr.write('npm run gateway takes its settings from the last npm start here. Run npm start first.\n\n')
