// Opens a stream of server-sent events, and reads it.
import { dataOf } from './answer.js'
import { PosternError } from './errors.js'
import { type Fetch, globalFetch, NETWORK_ERROR, requestOf, type Sending } from './transport.js'

/** Opens a stream of server-sent events. Resolves to the response once it has begun. */
export async function openStream(url: string, fetch: Fetch | undefined, sending: Sending): Promise<Response> {
  const { signal } = sending
  const response = await (fetch ?? globalFetch)(url, {
    ...requestOf(sending, 'text/event-stream'),
    ...(signal && { signal }),
  }).catch((cause: unknown) => {
    signal?.throwIfAborted()
    throw new PosternError('NETWORK_ERROR', { message: NETWORK_ERROR, cause })
  })
  if (response.ok && response.body) return response
  dataOf(response, await response.text())
  throw new PosternError('BAD_RESPONSE', { message: 'The response is no stream of events.' })
}

/** Reads results until the service completes them or the connection ends. Null stands for the beginning. */
export async function readEvents(
  { body }: Response,
  heard: () => void,
  take: (result: unknown) => void,
): Promise<void> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done) return
    heard()
    const events = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      if (event === ': ready') take(null)
      if (event.startsWith('event: complete')) return
      const data = /^event: next\ndata: (.*)$/.exec(event)?.[1]
      if (data !== undefined) take(JSON.parse(data))
    }
  }
}
