import { fastify } from 'fastify'
import { expect, it } from 'vitest'
import { createRequestFacts } from '@postern/service/requests/facts'
import { registerServerSentEvents, STREAM_ROUTE } from '../../../src/http/subscriptions/server-sent-events.js'

type Parts = Parameters<typeof registerServerSentEvents>[1]

/** The route, for a user who is signed in when the stream is opened, and whose subscription is refused with `code`. */
async function refusedWith(code: string) {
  const http = fastify()
  registerServerSentEvents(http, {
    requestFacts: createRequestFacts([]),
    contextOf: () => ({ context: {} }),
    connections: { open: () => ({ signIn: () => Promise.resolve(), ends: () => undefined, ended: () => undefined }) },
    operations: () => Promise.resolve({ errors: [{ message: 'Refused.', extensions: { code } }] }),
  } as unknown as Parts)
  const response = await http.inject({ method: 'POST', url: STREAM_ROUTE, payload: {} })
  await http.close()
  return response
}

it('a session that ends while its stream is being opened gets the same response as one that had ended before', async () => {
  const { statusCode, headers, body } = await refusedWith('UNAUTHENTICATED')
  expect([statusCode, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
  expect(body).toMatch(/^event: next\ndata: \{"errors":\[\{.*"code":"UNAUTHENTICATED".*\n\nevent: complete\n/)
})

it('every other refusal has its status', async () => {
  expect((await refusedWith('GRAPHQL_VALIDATION_FAILED')).statusCode).toBe(400)
  expect((await refusedWith('SERVICE_UNAVAILABLE')).statusCode).toBe(503)
})
