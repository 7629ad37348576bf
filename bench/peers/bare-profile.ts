// No GraphQL: {profile{id}} with node:http alone, by one prepared statement a request: the one that Postern sends for a single session.
import { createServer, type ServerResponse } from 'node:http'
import { createPool, type RowDataPacket } from 'mysql2/promise'
import type * as UserRecords from '../../src/repositories/database/user-record.ts'
import { built } from '../stage/built.ts'

const { USER_COLUMNS, JOIN_USERNAME } = (await built('repositories/database/user-record.js')) as typeof UserRecords
const ACTIVE_USER = `SELECT ${USER_COLUMNS} FROM sessions s
  JOIN users u ON u.id = s.user_id AND u.generation = s.generation AND u.disabled_at IS NULL ${JOIN_USERNAME}
  WHERE s.id = ? AND s.ended_at IS NULL AND s.expires_at > ?`
const pool = createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10, timezone: 'Z' })

async function answer(authorization: string, response: ServerResponse): Promise<void> {
  const claims = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()
  const { sid } = JSON.parse(claims) as { sid: string }
  const [rows] = await pool.execute<RowDataPacket[]>(ACTIVE_USER, [sid, new Date()])
  const body = JSON.stringify({ data: { profile: { id: rows[0]?.['id'] as unknown } } })
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    JSON.parse(body || '{}')
    const { authorization } = request.headers
    if (authorization === undefined) response.end()
    else void answer(authorization, response)
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
