// The services beside Postern that have a database of their own: their programs, ports and settings in development.
import { gatewaySettings } from './gateway.mjs'

/** @typedef {{ name: string, title: string, program: string, cli: string, port: string }} ServiceProgram */

/** @type {readonly ServiceProgram[]} */
export const services = [
  {
    name: 'consent',
    title: 'Consent',
    program: 'services/consent/dist/main.js',
    cli: 'services/consent/dist/cli.js',
    port: '50053',
  },
  {
    name: 'notification',
    title: 'Notification',
    program: 'services/notification/dist/main.js',
    cli: 'services/notification/dist/cli.js',
    port: '50054',
  },
]

/** Who calls services: each has a key of its own. */
const CALLERS = ['auth', ...services.map(({ name }) => name)]

/** @param {string} name @param {string} variable such as GRPC_PORT */
const variableOf = (name, variable) => `${name.toUpperCase()}_${variable}`

/** The keys of all callers, as services read them. @param {() => string} secret */
export const serviceKeys = (secret) => CALLERS.map((name) => `${name}=${secret()}`).join(',')

/** The key of one caller, as it sends it. @param {string} name @param {NodeJS.ProcessEnv} settings */
function serviceKey(name, { SERVICE_KEYS = '' }) {
  const own = SERVICE_KEYS.split(',').find((entry) => entry.startsWith(`${name}=`))
  return own === undefined ? {} : { SERVICE_KEY: own.replace('=', ':') }
}

/** @param {ServiceProgram} service @param {NodeJS.ProcessEnv} settings */
export const grpcPort = ({ name, port }, settings) => Number(settings[variableOf(name, 'GRPC_PORT')] || port)

/**
 * Where the services listen, for everyone who calls them.
 * @param {NodeJS.ProcessEnv} settings @returns {Record<string, string>}
 */
const serviceUrls = (settings) =>
  Object.fromEntries(
    services.map((service) => {
      const url = variableOf(service.name, 'GRPC_URL')
      return [url, settings[url] || `localhost:${grpcPort(service, settings)}`]
    }),
  )

/** What Postern and the gateway need to know of the services. @param {NodeJS.ProcessEnv} settings */
export const callerSettings = (settings) => ({ ...settings, ...serviceUrls(settings), ...serviceKey('auth', settings) })

/** The URL of its database: on the server of Postern's unless it is given. @param {string} name @param {NodeJS.ProcessEnv} settings */
function databaseUrl(name, settings) {
  const given = settings[variableOf(name, 'DATABASE_URL')]
  if (given) return given
  const url = new URL(settings['DATABASE_URL'] ?? '')
  url.pathname = `/postern_${name}`
  return url.href
}

/** The settings of one service beside the development service. @param {string} name @param {NodeJS.ProcessEnv} settings */
export function serviceSettings(name, settings) {
  return {
    ...{ ...settings, ...gatewaySettings(settings), ...serviceUrls(settings), ...serviceKey(name, settings) },
    [variableOf(name, 'DATABASE_URL')]: databaseUrl(name, settings),
  }
}
