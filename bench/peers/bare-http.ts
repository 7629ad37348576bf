// No GraphQL: the same bytes in and out, with node:http alone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { check, host, port } from './check.ts'

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

async function answer(body: string, response: ServerResponse): Promise<void> {
  try {
    const { variables } = JSON.parse(body) as { variables: { username: string } }
    send(response, 200, { data: { checkUsernameAvailability: await check(variables.username) } })
  } catch {
    send(response, 400, { errors: [{ message: 'The request is malformed.' }] })
  }
}

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => void answer(body, response))
})
server.listen(port, host)
