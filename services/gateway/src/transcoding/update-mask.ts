// Says which fields a PATCH changes: those that its body names (RFC 7396). Null clears a field, and absent leaves it.
import { create, type DescMessage, isFieldSet, type Message } from '@bufbuild/protobuf'
import { type FieldMask, FieldMaskSchema, isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { fieldNamed } from '../routes/field-path.js'

/** Sets `update_mask` of the message, if it has that field and the client has not set it. */
export function addUpdateMask(input: DescMessage, message: Message, body: unknown): void {
  const field = input.field['updateMask']
  if (field?.fieldKind !== 'message' || field.message.typeName !== FieldMaskSchema.typeName) return
  if (isFieldSet(message, field)) return
  const target = message as Message & { updateMask?: FieldMask }
  target.updateMask = create(FieldMaskSchema, { paths: pathsIn(input, body) })
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
