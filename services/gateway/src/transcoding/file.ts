// Sends the file of a response as the body, for browsers to save.
import { fromBinary } from '@bufbuild/protobuf'
import { type File, FileSchema } from '@postern/proto/common'
import type { FastifyReply } from 'fastify'
import type { Route } from '../routes/route.js'

/** A media type that a header can have. Anything else is only bytes. */
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/

/** Whether the body of the response is a file. */
export const isFile = ({ responseBody }: Route): boolean => responseBody?.message?.typeName === FileSchema.typeName

/** The file of an encoded response. Undefined if the service has sent none. */
export function fileOf({ method, responseBody }: Route, encoded: Uint8Array): File | undefined {
  const response = fromBinary(method.output, encoded) as unknown as Record<string, File | undefined>
  return responseBody ? response[responseBody.localName] : undefined
}

/** Names have nothing that could end the header, or lead to another folder. */
const nameOf = ({ name }: File): string => name.replaceAll(/[^\w.-]/g, '_').slice(0, 100) || 'file'

export const sendFile = (reply: FastifyReply, file: File): FastifyReply =>
  reply
    .type(MEDIA_TYPE.test(file.mediaType) ? file.mediaType : 'application/octet-stream')
    .header('content-disposition', `attachment; filename="${nameOf(file)}"`)
    .send(Buffer.from(file.content))
