// The programs that npm does not install: found on the PATH, else installed on Debian and Ubuntu as root.
import { existsSync } from 'node:fs'
import { canInstall, distribution, healPolicy, installPackages } from './apt.mjs'
import { CommandFailed } from './children.mjs'
import { findExecutable } from './executables.mjs'
import { Failure } from './lifetime.mjs'
import { say, step } from './progress.mjs'

/**
 * @typedef {object} Program
 * @property {string} title
 * @property {string[][]} commands at least one of each row is needed
 * @property {string} [file] is needed as well
 * @property {string[]} packages Debian's
 * @property {string} [variable] names a server or program to use instead; that of a server begins with TEST_ for tests
 */

/** @type {Record<'mariadb' | 'redis' | 'rabbitmq' | 'chromium' | 'headlessChromium' | 'promtool' | 'grpcio', Program>} */
export const programs = {
  mariadb: {
    title: 'MariaDB',
    commands: [['mariadbd'], ['mariadb-install-db'], ['my_print_defaults']],
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    variable: 'DATABASE_URL',
  },
  redis: { title: 'Redis', commands: [['redis-server']], packages: ['redis-server'], variable: 'REDIS_URL' },
  rabbitmq: {
    title: 'RabbitMQ',
    commands: [['rabbitmqctl'], ['erl'], ['epmd']],
    packages: ['rabbitmq-server'],
    variable: 'RABBITMQ_URL',
  },
  chromium: {
    title: 'Chromium',
    commands: [['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']],
    packages: ['chromium'],
    variable: 'CHROMIUM_PATH',
  },
  // The same browser without windows, in which a page opens in half of the time.
  headlessChromium: {
    title: "Chromium's headless shell",
    commands: [['chromium-headless-shell']],
    packages: ['chromium-headless-shell'],
    variable: 'CHROMIUM_PATH',
  },
  promtool: { title: 'promtool', commands: [['promtool']], packages: ['prometheus'], variable: 'PROMTOOL_PATH' },
  grpcio: {
    title: "Python's grpcio",
    commands: [],
    // For Debian's Python. Another one on the PATH does not have it.
    file: '/usr/lib/python3/dist-packages/grpc/__init__.py',
    packages: ['python3-grpcio'],
    variable: 'GRPC_PYTHON_PATH',
  },
}

/** @typedef {keyof typeof programs} ProgramName */

/** @param {Program} program */
const isThere = ({ commands, file }) =>
  commands.every((names) => findExecutable(...names) !== undefined) && (file === undefined || existsSync(file))

/** @typedef {{ forTests?: boolean }} Purpose */

/** @param {Program} program @param {Purpose} purpose */
const variableFor = (program, { forTests }) =>
  forTests && program.variable?.endsWith('_URL') ? `TEST_${program.variable}` : (program.variable ?? '')

/** Installs the programs that are neither on the PATH nor replaced by a variable. @param {ProgramName[]} names @param {Purpose} [purpose] */
export async function ensurePrograms(names, purpose = {}) {
  healPolicy()
  const needed = names.map((name) => programs[name]).filter((program) => !process.env[variableFor(program, purpose)])
  const missing = () => needed.filter((program) => !isThere(program))
  const packages = () => missing().flatMap((program) => program.packages)
  if (missing().length === 0) return
  if (!mayInstall(missing())) throw new Failure(waysOut(missing(), purpose))

  say(installNotice(missing()))
  await step('apt-get', (note) => installPackages(note, packages))
  if (missing().length > 0) throw new Failure(waysOut(missing(), purpose))
}

/** Installs a program if that is possible. Without it, something else does the same, slower. @param {ProgramName} name */
export async function tryToEnsure(name) {
  if (!canInstall()) return
  try {
    await ensurePrograms([name])
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    say(`  ${programs[name].title} could not be installed. The tests go on without it.`)
  }
}

/** What is printed before anything is installed. @param {Pick<Program, 'title' | 'packages'>[]} missing */
export function installNotice(missing) {
  const titles = missing.map(({ title }) => title).join(', ')
  const packages = missing.flatMap((program) => program.packages).join(', ')
  return `  Missing on this machine: ${titles}. Installing these Debian packages, which start no service: ${packages}`
}

/** Ubuntu's chromium package installs a snap, which needs a running snapd. @param {Program[]} missing */
const mayInstall = (missing) => canInstall() && !(distribution() === 'ubuntu' && missing.includes(programs.chromium))

/** @param {Program[]} missing @param {Purpose} purpose */
function waysOut(missing, purpose) {
  const titles = new Intl.ListFormat('en').format(missing.map(({ title }) => title))
  const packages = missing.flatMap((program) => program.packages).join(' ')
  const variables = missing.map((program) => variableFor(program, purpose))
  const problem = `${titles} ${missing.length > 1 ? 'are' : 'is'} missing on this machine.`
  if (variables.includes('')) return `${problem} On Debian and Ubuntu:  apt-get install ${packages}`
  return `${problem} There are three ways to continue:

    1. install (on Debian and Ubuntu:  apt-get install ${packages})
    2. use a server or program that you have: set ${new Intl.ListFormat('en').format(variables)}
    3. run everything in containers:  docker compose up`
}

/** The path of the browser. Empty when there is none. */
export const chromiumPath = () =>
  process.env['CHROMIUM_PATH'] || (findExecutable(...programs.chromium.commands.flat()) ?? '')

/** The path of the browser that opens pages fastest. */
export const headlessChromiumPath = () =>
  process.env['CHROMIUM_PATH'] || (findExecutable('chromium-headless-shell') ?? chromiumPath())

/** The path of the program that checks metrics and alert rules. Empty when there is none. */
export const promtoolPath = () => process.env['PROMTOOL_PATH'] || (findExecutable('promtool') ?? '')

/** The path of a Python that has grpcio. */
export const grpcPythonPath = () => process.env['GRPC_PYTHON_PATH'] || '/usr/bin/python3'
