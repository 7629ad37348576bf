// Says which fields a PATCH changes: those that its body names (RFC 7396). Null clears a field, and absent leaves it.
import { create, type DescField, type DescMessage, isFieldSet, type Message } from '@bufbuild/protobuf'
import { type FieldMask, FieldMaskSchema, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { fieldNamed } from '../routes/field-path.js'
import type { Route } from '../routes/route.js'
import { updateMaskOf } from '../routes/update-mask-field.js'
import type { JsonObject } from './parameters.js'

/** Sets `update_mask` of the message, unless the client has. `json`: of the whole message. */
export function addUpdateMask({ method: { input }, body, variables }: Route, message: Message, json: JsonObject): void {
  const field = updateMaskOf(input)
  if (!field || isFieldSet(message, field)) return
  const target = message as Message & { updateMask?: FieldMask }
  // Paths start in what the body is. The mask is no part of what changes, and the path says whose it is.
  const isWhole = typeof body === 'string' || !body.message
  const others = isWhole
    ? new Set([field, ...variables.flatMap(({ chain }) => chain.slice(0, 1))])
    : new Set<DescField>()
  const paths = isWhole ? pathsIn(input, json, others) : pathsIn(body.message, json[body.jsonName], others)
  target.updateMask = create(FieldMaskSchema, { paths })
}

/** In the names of the proto, which masks have. `others`: fields that are no part of it. */
function pathsIn(message: DescMessage, body: unknown, others: ReadonlySet<DescField>): string[] {
  // The field that is the body may be null.
  return Object.entries(body ?? {}).flatMap(([name, value]) => {
    const field = fieldNamed(message, name)
    if (!field || others.has(field)) return []
    const isNested = field.fieldKind === 'message' && !isText(field.message) && value !== null
    return isNested ? pathsIn(field.message, value, others).map((path) => `${field.name}.${path}`) : [field.name]
  })
}

const isText = (message: DescMessage): boolean =>
  message.typeName.startsWith('google.protobuf.') || isWrapperDesc(message)
