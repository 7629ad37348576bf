// A private RabbitMQ: one node, with its own name service, cookie and data.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { end, spawn } from './children.mjs'
import { findExecutable } from './executables.mjs'
import { endLeftovers } from './leftovers.mjs'
import { Failure, onStop } from './lifetime.mjs'
import { passwordIn } from './password.mjs'
import { freePort } from './ports.mjs'
import { firstAnswer, makePrivate, startServer } from './server.mjs'

/** Debian's package has it here. The program of the same name on the PATH switches to another user first. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const EPMD_END_MS = 2000
/** What a client sends first. The server answers with a method frame, whose first byte is 1. */
const HELLO = 'AMQP\0\0\u0009\u0001'

/** The configuration is a file, because every user can read a command line. @param {number} port @param {string} password @param {readonly string[]} settings */
const configuration = (port, password, settings) => `listeners.tcp.1 = 127.0.0.1:${port}
default_user = postern
default_pass = ${password}
disk_free_limit.absolute = 50MB
log.file.level = warning
${settings.map((line) => `${line}\n`).join('')}`

/** One scheduler that does not spin while it waits: the node shares the machine with everything else. */
const ERLANG = '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none'

/**
 * The name service of Erlang. RabbitMQ would start one for the whole machine and leave it running.
 * @param {string} dir
 */
async function startNameService(dir) {
  const port = await freePort()
  const command = findExecutable('epmd')
  if (!command) throw new Failure('epmd is not on the PATH.')
  const child = spawn(command, ['-address', '127.0.0.1', '-port', `${port}`], { cwd: dir })
  const forget = onStop(() => end(child, EPMD_END_MS))
  return {
    port,
    async stop() {
      await end(child, EPMD_END_MS)
      forget()
    },
  }
}

/**
 * Starts a private RabbitMQ on the loopback interface. What clients have declared and published stays in its folder.
 * @param {object} options
 * @param {string} options.dir holds the data, the password and the log
 * @param {import('./server.mjs').PortChoice} [options.at] any free port when not given
 * @param {readonly string[]} [options.settings] more lines of its configuration, read at each start
 * @param {string} [options.log]
 * @returns {Promise<import('./server.mjs').Server>}
 */
export async function startRabbitmq({ dir, at = {}, settings = [], log = join(dir, 'rabbitmq.log') }) {
  makePrivate(dir)
  if (!existsSync(SERVER)) throw new Failure(`${SERVER} is missing.`)
  const password = passwordIn(join(dir, 'password'))
  const config = join(dir, 'rabbitmq.conf')
  const plugins = join(dir, 'enabled_plugins')
  writeFileSync(plugins, '[].\n')
  const names = await startNameService(dir)
  const distribution = await freePort()
  const env = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    // The cookie is in the home folder.
    HOME: dir,
    // Erlang takes the place of the script that starts it, so that a signal reaches it.
    RUNNING_UNDER_SYSTEMD: 'true',
    ERL_EPMD_PORT: `${names.port}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // The data belongs to this name, so it never changes.
    RABBITMQ_NODENAME: 'postern@localhost',
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_CONF_ENV_FILE: join(dir, 'no-environment'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'no-advanced'),
    RABBITMQ_ENABLED_PLUGINS_FILE: plugins,
    RABBITMQ_MNESIA_BASE: makePrivate(join(dir, 'data')),
    RABBITMQ_LOG_BASE: dir,
    RABBITMQ_LOGS: log,
    RABBITMQ_PID_FILE: join(dir, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: ERLANG,
    ERL_CRASH_DUMP_BYTES: '0',
  }
  const server = await startServer(
    {
      title: 'RabbitMQ',
      log,
      commandLine(port) {
        writeFileSync(config, configuration(port, password, settings), { mode: 0o600 })
        return { command: SERVER, args: [], cwd: dir, env }
      },
      answers: async (port) => (await firstAnswer(port, HELLO))[0] === 1,
      url: (port) => `amqp://postern:${password}@127.0.0.1:${port}`,
    },
    at,
  )
  return {
    ...server,
    async stop() {
      await server.stop()
      await names.stop()
      // If it ever misses its name service, RabbitMQ starts another one, which outlives it.
      await endLeftovers(dir)
    },
  }
}
