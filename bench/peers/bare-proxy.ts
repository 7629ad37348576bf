// No gateway: node:http in front of a client of @grpc/grpc-js, JSON in and out.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type DescMessage, fromJson, type JsonValue, type MessageShape, toJson } from '@bufbuild/protobuf'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { AuthService } from '@postern/proto/auth'
import { definition, usesProtobufEs } from './grpc-messages.ts'

const client = new Client(process.env['UPSTREAM'] ?? '', credentials.createInsecure())
const rpcs = definition()
const CHECK = /^\/usernames\/([^/]+)\/availability$/

type Rpc = keyof typeof AuthService.method

/** Between JSON and what the library of messages takes and gives. */
const conversions = (rpc: Rpc) => {
  const { input, output } = AuthService.method[rpc] as { input: DescMessage; output: DescMessage }
  return usesProtobufEs
    ? {
        in: (json: JsonValue): unknown => fromJson(input, json),
        out: (message: unknown): unknown => toJson(output, message as MessageShape<typeof output>),
      }
    : { in: (json: JsonValue): unknown => json, out: (message: unknown): unknown => message }
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  const body = JSON.stringify(answer)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function calling(rpc: Rpc) {
  const { path, requestSerialize, responseDeserialize } = rpcs[rpc]!
  const convert = conversions(rpc)
  return (json: JsonValue, authorization: string | undefined, response: ServerResponse): void => {
    const metadata = new Metadata()
    if (authorization !== undefined) metadata.set('authorization', authorization)
    const request = convert.in(json)
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, {}, (error, message) => {
      if (error) send(response, 502, { message: error.message })
      else send(response, 200, convert.out(message))
    })
  }
}

const validate = calling('validateToken')
const check = calling('checkUsernameAvailability')
const profile = calling('getUserProfile')

function route(
  { url = '', headers: { authorization } }: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  const username = CHECK.exec(url)?.[1]
  if (url === '/auth/validate') validate(JSON.parse(body) as JsonValue, authorization, response)
  else if (url === '/auth/me') profile({}, authorization, response)
  else if (username !== undefined) check({ username: decodeURIComponent(username) }, authorization, response)
  else send(response, 404, { message: 'There is nothing here.' })
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    try {
      route(request, body, response)
    } catch {
      send(response, 400, { message: 'The request is malformed.' })
    }
  })
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
