// sessions: lists and ends the sessions of a user.
import { ServiceError } from '@postern/service/errors'
import { isId } from '@postern/service/ids'
import type { Command } from '@postern/service/commands/command'
import { columns } from '@postern/service/commands/table'
import { withApp } from './with-app.js'

const USER = { name: '<user>', needs: 'a user: an email address, a username or an id' } as const

const list = (name: string) =>
  withApp(async ({ services: { accounts } }) => {
    const { id } = await accounts.operation.find(name)
    const active = await accounts.operation.sessionsOf(id)
    if (active.length === 0) return `${name} has no active session.`
    return columns([
      ['ID', 'LAST USED', 'STARTED', 'ADDRESS', 'PROGRAM'],
      ...active.map(({ id, lastUsedAt, createdAt, ipAddress, userAgent }) => [
        ...[id, lastUsedAt.toISOString(), createdAt.toISOString(), ipAddress ?? '-', userAgent ?? '-'],
      ]),
    ])
  })

const revokeAll = (name: string) =>
  withApp(async ({ services: { accounts, sessions } }) => {
    const { id } = await accounts.operation.find(name)
    return `Ended: ${await sessions.endings.revokeAllOf(id)}`
  })

const revokeOne = (name: string, sessionId: string) =>
  withApp(async ({ services: { accounts, sessions } }) => {
    const { id } = await accounts.operation.find(name)
    if (isId(sessionId) && (await sessions.endings.revokeOne(id, sessionId))) return `Ended: ${sessionId}`
    throw new ServiceError('NOT_FOUND', { message: `${name} has no active session ${sessionId}.` })
  })

const revokeEveryone = () =>
  withApp(async ({ services: { sessions } }) => {
    const ended = await sessions.endEveryone()
    return `Ended: ${ended.sessions} sessions of ${ended.users} users`
  })

export const sessions: readonly Command[] = [
  {
    words: ['sessions', 'list'],
    arguments: [USER],
    about: 'list the active sessions of a user',
    run: ([name = '']) => list(name),
  },
  {
    words: ['sessions', 'revoke'],
    arguments: [USER, { name: '<session>', needs: 'the id of a session', optional: true }],
    about: 'end one session of a user, or all of them',
    run: ([name = '', session]) => (session === undefined ? revokeAll(name) : revokeOne(name, session)),
  },
  {
    words: ['sessions', 'revoke-all'],
    arguments: [],
    about: 'end every session of every user, after a backup was restored',
    details: 'docs/operations.md says what else to do after a restore.',
    run: revokeEveryone,
  },
]
