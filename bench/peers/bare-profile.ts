// No GraphQL: {profile{id}} with node:http alone, by the statement that Postern sends.
import { createServer, type ServerResponse } from 'node:http'
import { createPool, type RowDataPacket } from 'mysql2/promise'
import type { createSessionRepository as CreateSessionRepository } from '../../src/repositories/sessions/sessions.ts'
import { built } from '../stage/built.ts'

const { createSessionRepository } = (await built('repositories/sessions/sessions.js')) as {
  createSessionRepository: typeof CreateSessionRepository
}
const pool = createPool({ uri: process.env['DATABASE_URL'] ?? '', connectionLimit: 10, timezone: 'Z' })
const sessions = createSessionRepository(async <Row>(sql: string, values: (string | number | Date)[]) => {
  const [rows] = await pool.execute<RowDataPacket[]>(sql, values)
  return rows as Row[]
})

async function answer(authorization: string, response: ServerResponse): Promise<void> {
  const claims = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()
  const user = await sessions.findActiveUser((JSON.parse(claims) as { sid: string }).sid, new Date())
  const body = JSON.stringify({ data: { profile: { id: user?.id } } })
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
