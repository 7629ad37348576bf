// user: shows, creates, imports, disables and enables users, and changes their role.
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { App } from '../../app/create-app.js'
import { ConfigError } from '../../config/index.js'
import { createAccountInputs } from '../../schema/accounts.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { Command } from '@postern/service/commands/command'
import { importUsers } from './import/import.js'
import { columns } from '@postern/service/commands/table'
import { withApp } from './with-app.js'

const USER = { name: '<user>', needs: 'a user: an email address, a username or an id' } as const

/** The operator is no client: no address is counted, nothing is canceled, and no key is proved. */
const OPERATOR = {
  ...{ ipAddress: null, userAgent: null, requestId: null, signal: new AbortController().signal },
  provenKey: () => Promise.resolve(null),
}

/** A password that no one knows, until the person sets the first one. */
const unknownPassword = () => randomBytes(32).toString('base64url')

const time = (date: Date | null) => date?.toISOString() ?? 'never'

const sessions = (count: number) => `${count} ${count === 1 ? 'session' : 'sessions'}`

const show = (name: string) =>
  withApp(async ({ services: { accounts, factors, oauth, passkeys } }) => {
    const user = await accounts.operation.find(name)
    const { enabledAt, recoveryCodes } = await factors.changes.stateOf(user.id)
    const linked = await oauth.linking.list({ user })
    const active = await accounts.operation.sessionsOf(user.id)
    const dueAt = await accounts.operation.deletionOf(user.id)
    return columns([
      ['id', user.id],
      ['email', user.email],
      ['username', user.username ?? ''],
      ['name', [user.firstName, user.lastName].filter(Boolean).join(' ')],
      ['role', user.role],
      ['state', user.disabledAt ? `disabled since ${time(user.disabledAt)}` : 'enabled'],
      ...(dueAt ? [['deleted on', time(dueAt)] as const] : []),
      ['password', (await accounts.managed.hasPassword(user.id)) ? 'yes' : 'none'],
      ['passkeys', String((await passkeys?.own.list({ user }))?.length ?? 0)],
      ['providers', linked.map(({ provider }) => provider).join(', ') || 'none'],
      ['second factor', enabledAt ? `since ${time(enabledAt)}, ${recoveryCodes} recovery codes left` : 'none'],
      ['created', time(user.createdAt)],
      ['last sign-in', time(user.lastLoginAt)],
      ['sessions', String(active.length)],
    ])
  })

const disable = (name: string) =>
  withApp(async ({ services: { accounts } }) => {
    const ended = await accounts.operation.disable(name)
    return ended === null ? `${name} is already disabled.` : `${name} is disabled. Ended: ${sessions(ended)}.`
  })

const enable = (name: string) =>
  withApp(async ({ services: { accounts } }) =>
    (await accounts.operation.enable(name))
      ? `${name} is enabled and can sign in again.`
      : `${name} is already enabled.`,
  )

const remove = (name: string) =>
  withApp(async ({ services: { accounts } }) => {
    const { id } = await accounts.operation.find(name)
    await accounts.deletion.eraseNow(id, null)
    return `${name} is deleted.`
  })

const removeSecondFactor = (name: string) =>
  withApp(async ({ services: { accounts, factors } }) => {
    const { id } = await accounts.operation.find(name)
    if (!(await factors.changes.remove(id))) return `${name} has no second factor.`
    return (await accounts.managed.hasPassword(id))
      ? `${name} has no second factor anymore and must sign in again, with the password alone.`
      : `${name} has no second factor anymore. There is no password: user reset-password prints a code to set one with.`
  })

function roleOf(text: string) {
  const role = text.toUpperCase()
  if (role === 'USER' || role === 'ADMIN') return role
  throw new ConfigError('The role must be USER or ADMIN.')
}

const setRole = (name: string, text: string) => {
  const role = roleOf(text)
  return withApp(async ({ services: { accounts } }) => {
    const { id } = await accounts.operation.find(name)
    const { changed } = await accounts.roles.setRole({ id }, role, null)
    return changed
      ? `${name} now has the role ${role} and must sign in again.`
      : `${name} already has the role ${role}.`
  })
}

/** What the person needs to set a password: the link, or without the pages only the code. */
async function passwordCode({ services: { verification } }: App, userId: string, appUrl: string | undefined) {
  const { email, code, minutes } = await verification.operatorCodes.forPassword(userId)
  const shown = `Code for a password (works once, for ${minutes} minutes): ${code}`
  if (appUrl === undefined) return [shown]
  return [shown, `Link: ${appUrl}/reset-password#${new URLSearchParams({ email, code }).toString()}`]
}

const resetPassword = (name: string) =>
  withApp(async (app, config) => {
    const { id } = await app.services.accounts.operation.find(name)
    return (await passwordCode(app, id, config.APP_URL)).join('\n')
  })

interface NewUser {
  email: string
  username: string | null
  role: string
  passwordFromStdin: boolean
}

const create = ({ email, username, role: wanted, passwordFromStdin }: NewUser) => {
  const role = roleOf(wanted)
  return withApp(async (app, config) => {
    const { accounts } = app.services
    const password = passwordFromStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : unknownPassword()
    const inputs = createAccountInputs({ passwordMinLength: config.PASSWORD_MIN_LENGTH })
    const user = await accounts.registration.register(
      parse(inputs.register, { email, password, username }),
      OPERATOR,
      'operator',
    )
    if (role === 'ADMIN') await accounts.roles.setRole({ id: user.id }, role, null)
    const shown = passwordFromStdin ? [] : await passwordCode(app, user.id, config.APP_URL)
    return [`Created: ${user.id}`, ...shown].join('\n')
  })
}

const IMPORT_DETAILS = `--dry-run  checks every line and writes nothing
--report   writes refused lines and why to a CSV file, instead of stderr
--again    reads all lines of a file, also those that an earlier run has done

Interrupt it at any time: the same command continues. docs/production.md lists the columns and the kinds of hashes.
Exit codes: 0 if every line was imported, 2 if lines were refused and all others imported, 1 if it stopped.`

export const users: readonly Command[] = [
  { words: ['user', 'show'], arguments: [USER], about: 'show a user', run: ([name = '']) => show(name) },
  {
    words: ['user', 'create'],
    arguments: [{ name: '<email>', needs: 'an email address' }],
    options: { username: '<name>', role: '<role>', 'password-stdin': null },
    about: 'create a user; prints a code to set a password with, or reads the password from stdin',
    run: ([email = ''], options) =>
      create({
        email,
        username: typeof options['username'] === 'string' ? options['username'] : null,
        role: typeof options['role'] === 'string' ? options['role'] : 'USER',
        passwordFromStdin: options['password-stdin'] === true,
      }),
  },
  {
    words: ['user', 'import'],
    arguments: [{ name: '<file>', needs: 'a file, or - for stdin' }],
    options: { 'dry-run': null, report: '<file>', again: null },
    about: 'import users with their password hashes, from CSV or JSON lines',
    details: IMPORT_DETAILS,
    run: ([file = ''], options) =>
      importUsers(file, {
        isTrial: options['dry-run'] === true,
        fromStart: options['again'] === true,
        report: typeof options['report'] === 'string' ? options['report'] : null,
      }),
  },
  {
    words: ['user', 'disable'],
    arguments: [USER],
    about: 'end every session of a user everywhere, and let them start none',
    run: ([name = '']) => disable(name),
  },
  {
    words: ['user', 'enable'],
    arguments: [USER],
    about: 'let a disabled user sign in again, and cancel the deletion of the account',
    run: ([name = '']) => enable(name),
  },
  {
    words: ['user', 'delete'],
    arguments: [USER],
    about: 'erase the data of a user at once; their username stays unavailable',
    run: ([name = '']) => remove(name),
  },
  {
    words: ['user', 'reset-password'],
    arguments: [USER],
    about: 'print a code to set a password with; it works once, for 10 minutes',
    run: ([name = '']) => resetPassword(name),
  },
  {
    words: ['user', 'remove-second-factor'],
    arguments: [USER],
    about: 'remove the authenticator app and the passkeys of a user who has lost them, and end their sessions',
    run: ([name = '']) => removeSecondFactor(name),
  },
  {
    words: ['user', 'role'],
    arguments: [USER, { name: '<role>', needs: 'a role: USER or ADMIN' }],
    about: 'change the role of a user to USER or ADMIN, and end their sessions',
    run: ([name = '', role = '']) => setRole(name, role),
  },
  {
    words: ['admin'],
    arguments: [{ name: '<email>', needs: 'an email address' }],
    about: 'the same as user role <email> ADMIN',
    run: ([email = '']) => makeAdmin(email),
  },
]

const makeAdmin = (email: string) =>
  withApp(async ({ services: { accounts } }) => {
    const { changed } = await accounts.roles.setRole({ email }, 'ADMIN', null)
    return changed
      ? `${email} is now an administrator and must sign in again.`
      : `${email} is already an administrator.`
  })
