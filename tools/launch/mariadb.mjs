// A private MariaDB.
import { createHash, randomUUID } from 'node:crypto'
import { cpSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './children.mjs'
import { findExecutable } from './executables.mjs'
import { Failure } from './lifetime.mjs'
import { passwordIn } from './password.mjs'
import { firstAnswer, makePrivate, startServer } from './server.mjs'
import { services } from './services.mjs'

/** Only for temporary data: a power cut would lose it. */
const fastAndForgetful = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=0',
  '--innodb-flush-method=nosync',
  '--innodb-log-file-size=16M',
  '--sync-frm=0',
  '--max-connections=500',
]

const asRoot = () => (process.getuid?.() === 0 ? ['-uroot'] : [])

/** @param {string} name */
function need(name) {
  const file = findExecutable(name)
  if (!file) throw new Failure(`${name} is not on the PATH.`)
  return file
}

/**
 * Makes the data folder. It gets its name only when it is complete, so an aborted attempt is repeated.
 * Not --user=root, which would make root the owner of the machine's plugin folder. -uroot means the same to the server
 * and nothing to the script.
 * @param {string} data @param {string[]} settings @param {string} tmp
 */
async function initialize(data, settings, tmp) {
  const fresh = `${data}.new`
  rmSync(fresh, { recursive: true, force: true })
  makePrivate(fresh)
  const args = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
  // In the parent folder, because the script's shell would split a path with a space.
  const all = [...args, `--datadir=${fresh}`, ...asRoot(), ...settings]
  await run('mariadb-install-db', need('mariadb-install-db'), all, { env: { ...process.env, TMPDIR: tmp } })
  renameSync(fresh, data)
}

/**
 * The same as {@link initialize}, from a copy if there is one: making the data takes seconds.
 * @param {string} data @param {string[]} settings @param {string} tmp @param {string} copies a folder for them
 */
async function initializeByCopy(data, settings, tmp, copies) {
  const { mtimeMs, size } = statSync(need('mariadbd'))
  const key = createHash('sha256')
    .update(JSON.stringify([mtimeMs, size, settings]))
    .digest('hex')
  const copy = join(makePrivate(copies), key.slice(0, 16))
  if (existsSync(copy)) return copyFolder(copy, data)
  await initialize(data, settings, tmp)
  copyFolder(data, copy)
}

/** The copy gets its name only when it is complete. Another caller may be faster. @param {string} from @param {string} to */
function copyFolder(from, to) {
  const draft = `${to}.${randomUUID()}`
  cpSync(from, draft, { recursive: true })
  try {
    renameSync(draft, to)
  } catch (error) {
    rmSync(draft, { recursive: true })
    if (!existsSync(to)) throw error
  }
}

/**
 * The server reads it at each start, before it accepts connections. One account remains, and the databases of all programs.
 * @param {string} password
 */
const accounts = (password) => `DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
FLUSH PRIVILEGES;
CREATE OR REPLACE USER 'postern'@'%' IDENTIFIED BY '${password}';
GRANT ALL PRIVILEGES ON *.* TO 'postern'@'%' WITH GRANT OPTION;
${['postern', ...services.map(({ name }) => `postern_${name}`)].map(createDatabase).join('')}`

/** @param {string} name */
const createDatabase = (name) => `CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4;\n`

/**
 * Starts a private MariaDB on the loopback interface, with its own data folder. The account in the URL has all
 * privileges.
 * @param {object} options
 * @param {string} options.dir holds the data, the password and the log
 * @param {import('./server.mjs').PortChoice} [options.at] any free port when not given
 * @param {boolean} [options.throwAway] fast, and not safe against a power cut
 * @param {string[]} [options.speed] other settings with which its data is made and used
 * @param {string[]} [options.settings] more options of the server's command line
 * @param {string} [options.copies] a folder where a copy of the first data is kept, for other servers
 * @param {string} [options.log]
 * @returns {Promise<import('./server.mjs').Server>}
 */
export async function startMariadb({
  dir,
  at = {},
  throwAway = false,
  speed = throwAway ? fastAndForgetful : [],
  settings = [],
  copies,
  log = join(dir, 'mariadb.log'),
}) {
  makePrivate(dir)
  const data = join(dir, 'data')
  // Each server has its own: it deletes the temporary tables that it finds at its start, also those of other servers.
  const tmp = makePrivate(join(dir, 'tmp'))
  if (!existsSync(data))
    await (copies === undefined ? initialize(data, speed, tmp) : initializeByCopy(data, speed, tmp, copies))

  const password = passwordIn(join(dir, 'password'))
  const init = join(dir, 'accounts.sql')
  writeFileSync(init, accounts(password), { mode: 0o600 })

  const args = [
    '--no-defaults',
    ...asRoot(),
    `--datadir=${data}`,
    `--tmpdir=${tmp}`,
    '--bind-address=127.0.0.1',
    // No socket file: its path may be 107 bytes at most, and a checkout may lie deeper.
    '--socket=',
    `--pid-file=${join(dir, 'mariadb.pid')}`,
    `--init-file=${init}`,
    `--log-error=${log}`,
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--innodb-buffer-pool-size=64M',
    ...speed,
    ...settings,
  ]
  return startServer(
    {
      title: 'MariaDB',
      log,
      commandLine: (port) => ({ command: need('mariadbd'), args: [...args, `--port=${port}`], cwd: data }),
      // The server greets with its protocol's version, 10, after the length and number of the packet.
      answers: async (port) => (await firstAnswer(port))[4] === 10,
      url: (port) => `mysql://postern:${password}@127.0.0.1:${port}/postern`,
    },
    at,
  )
}
