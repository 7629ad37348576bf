// Says which fields a PATCH changes: those that its body names (RFC 7396). Null clears a field, and absent leaves it.
import { create, type DescMessage, isFieldSet, type Message } from '@bufbuild/protobuf'
import { type FieldMask, FieldMaskSchema, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { fieldNamed } from '../routes/field-path.js'
import type { Route } from '../routes/route.js'
import { updateMaskOf } from '../routes/update-mask-field.js'
import type { JsonObject } from './parameters.js'

/** Sets `update_mask` of the message, unless the client has. `json`: of the whole message. */
export function addUpdateMask({ method: { input }, body }: Route, message: Message, json: JsonObject): void {
  const field = updateMaskOf(input)
  if (!field || isFieldSet(message, field)) return
  const target = message as Message & { updateMask?: FieldMask }
  // Paths start in what the body is.
  const paths =
    typeof body === 'string' || !body.message ? pathsIn(input, json) : pathsIn(body.message, json[body.jsonName])
  target.updateMask = create(FieldMaskSchema, { paths })
}

/** In the names of the proto, which masks have. */
function pathsIn(message: DescMessage, body: unknown): string[] {
  return Object.entries(body as Record<string, unknown>).flatMap(([name, value]) => {
    const field = fieldNamed(message, name)
    if (!field) return []
    const isNested = field.fieldKind === 'message' && !isText(field.message) && value !== null
    return isNested ? pathsIn(field.message, value).map((path) => `${field.name}.${path}`) : [field.name]
  })
}

const isText = (message: DescMessage): boolean =>
  message.typeName.startsWith('google.protobuf.') || isWrapperDesc(message)
