// Answers a REST request by calling the RPC of its route.
import { toBinary } from '@bufbuild/protobuf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendFresh } from '../cache/freshness.js'
import type { Match } from '../routes/match.js'
import type { SendEvents } from '../streams/server-sent-events.js'
import type { Call } from '../upstreams/calls.js'
import type { SendFile } from './file.js'
import { readMessage } from './request.js'
import { responseJson } from './response.js'

export type Transcode = (request: FastifyRequest, reply: FastifyReply, match: Match) => Promise<FastifyReply>

/** What answers routes with more than one message as their response. */
interface Senders {
  readonly sendEvents: SendEvents
  readonly sendFile: SendFile
}

export const createTranscoder =
  (call: Call, { sendEvents, sendFile }: Senders): Transcode =>
  async (request, reply, match) => {
    const { route } = match
    if (route.events) return sendEvents(request, reply, match)
    const message = readMessage(request, match)
    if (route.file) return sendFile(request, reply, { route, file: route.file, message })
    const response = await call(request, reply, route, toBinary(route.method.input, message))
    const body = responseJson(route, response.message)
    void reply.type('application/json; charset=utf-8')
    return response.freshness ? sendFresh(request, reply, body, response.freshness) : reply.send(body)
  }
