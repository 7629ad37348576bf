// The body of a response: the message in the JSON form of Protocol Buffers.
import { fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf'
import type { Route } from '../routes/route.js'

/**
 * Fields that have no value in the message are in the JSON too, as clients of REST expect: false, 0, "", [] and {}. Only optional
 * fields and messages are absent if they are not set.
 */
const WITH_DEFAULTS = { alwaysEmitImplicit: true }

export function responseJson({ method, responseBody }: Route, encoded: Uint8Array): string {
  const message = fromBinary(method.output, encoded, { readUnknownFields: false })
  const json: JsonValue = toJson(method.output, message, WITH_DEFAULTS)
  if (responseBody === null) return JSON.stringify(json)
  return JSON.stringify((json as Record<string, JsonValue>)[responseBody.jsonName] ?? null)
}
