// The field of a request that says which fields it changes.
import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt'

/** Null for a message without such a field. */
export function updateMaskOf({ field: { updateMask: field } }: DescMessage): DescField | null {
  return field?.fieldKind === 'message' && field.message.typeName === FieldMaskSchema.typeName ? field : null
}
