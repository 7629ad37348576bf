// Answers a GET with a file: the content of the response, and of all pages that follow.
import { Readable } from 'node:stream'
import { type DescField, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FileFields } from '../routes/file-response.js'
import type { Route } from '../routes/route.js'
import type { Call } from '../upstreams/calls.js'

/** A media type that a header can have. Anything else is only bytes. */
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w-]+)*$/

type Page = Record<string, unknown>

const textIn = (page: Page, { localName }: DescField): string => String(page[localName])

/** A name has nothing that could end the header, or lead to another folder. */
const safe = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').slice(0, 100) || 'file'

export type SendFile = (
  request: FastifyRequest,
  reply: FastifyReply,
  what: { route: Route; file: FileFields; message: Message },
) => Promise<FastifyReply>

/** An error of the first page is that of the response. One of a later page breaks it off, so that no client takes it for complete. */
export const createFileSender =
  (call: Call): SendFile =>
  async (request, reply, { route, file, message }) => {
    const { input, output } = route.method

    async function read(): Promise<Page> {
      const response = await call(request, reply, route, toBinary(input, message))
      return fromBinary(output, response.message)
    }

    async function* contentsFrom(first: Page): AsyncGenerator<string, void, void> {
      let page = first
      for (;;) {
        yield textIn(page, file.content)
        const token = file.next ? textIn(page, file.next.nextPageToken) : ''
        if (!file.next || token === '') return
        ;(message as unknown as Page)[file.next.pageToken.localName] = token
        page = await read()
      }
    }

    const first = await read()
    const mediaType = textIn(first, file.mediaType)
    return reply
      .type(MEDIA_TYPE.test(mediaType) ? mediaType : 'application/octet-stream')
      .header('content-disposition', `attachment; filename="${safe(textIn(first, file.name))}"`)
      .send(Readable.from(contentsFrom(first)))
  }
