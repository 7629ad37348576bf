// A private Redis.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findExecutable } from './executables.mjs'
import { Failure } from './lifetime.mjs'
import { passwordIn } from './password.mjs'
import { firstAnswer, makePrivate, startServer } from './server.mjs'

/** The configuration is a file, because every user can read a command line. @param {number} port @param {string} password @param {boolean} throwAway */
const configuration = (port, password, throwAway) => `bind 127.0.0.1
port ${port}
requirepass ${password}
daemonize no
save ""
appendonly ${throwAway ? 'no' : 'yes'}
databases ${throwAway ? 128 : 16}
maxmemory-policy noeviction
`

/**
 * Starts a private Redis on the loopback interface, with its own data folder.
 * @param {object} options
 * @param {string} options.dir holds the data, the password and the log
 * @param {import('./server.mjs').PortChoice} [options.at] any free port when not given
 * @param {boolean} [options.throwAway] keep everything in memory only
 * @param {string} [options.log]
 * @returns {Promise<import('./server.mjs').Server>}
 */
export async function startRedis({ dir, at = {}, throwAway = false, log = join(dir, 'redis.log') }) {
  // Redis keeps its data in its working folder.
  const data = makePrivate(join(dir, 'data'))
  const password = passwordIn(join(dir, 'password'))
  const config = join(dir, 'redis.conf')
  const command = findExecutable('redis-server')
  if (!command) throw new Failure('redis-server is not on the PATH.')
  return startServer(
    {
      title: 'Redis',
      log,
      commandLine(port) {
        writeFileSync(config, configuration(port, password, throwAway), { mode: 0o600 })
        return { command, args: [config, '--logfile', log], cwd: data }
      },
      // Redis answers -LOADING while it reads its data.
      answers: async (port) =>
        (await firstAnswer(port, `AUTH ${password}\r\nPING\r\n`)).toString().startsWith('+OK\r\n+PONG'),
      url: (port) => `redis://:${password}@127.0.0.1:${port}`,
    },
    at,
  )
}
