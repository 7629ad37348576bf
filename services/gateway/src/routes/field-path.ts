// Finds the fields that a path of names stands for, such as `address.city`.
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/** By its name in the proto, or that in JSON. */
export const fieldNamed = ({ fields }: DescMessage, name: string): DescField | undefined =>
  fields.find((field) => field.name === name || field.jsonName === name)

/** All fields but the last one are messages. Undefined if there are no such fields. */
export function findChain(message: DescMessage, names: readonly string[]): DescField[] | undefined {
  const chain: DescField[] = []
  let parent: DescMessage | undefined = message
  for (const name of names) {
    const field: DescField | undefined = parent && fieldNamed(parent, name)
    if (!field) return undefined
    chain.push(field)
    // A time is one text, whatever fields its message has.
    parent = field.fieldKind === 'message' && !isTextual(field) ? field.message : undefined
  }
  return chain
}

/** Throws an Error if the message has no such field. */
export function fieldChain(message: DescMessage, names: readonly string[]): DescField[] {
  const chain = findChain(message, names)
  if (!chain) throw new Error(`${message.typeName} has no field ${names.join('.')}`)
  return chain
}

/** The field with this name. Throws an Error if the message has none, or if it is no text. */
export function textField(message: DescMessage, name: string): DescField {
  const [field] = fieldChain(message, [name])
  if (field?.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) throw new Error(`${name} is no text`)
  return field
}

/** Well-known types whose JSON is a text: a path and a query can contain them. */
const TEXTS = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration', 'google.protobuf.FieldMask'])

/** Whether one text can be the value of the field, or of one element of it. */
export function isTextual(field: DescField): boolean {
  const { fieldKind } = field
  if (fieldKind === 'map') return false
  const message =
    fieldKind === 'message' || (fieldKind === 'list' && field.listKind === 'message') ? field.message : null
  return message === null || TEXTS.has(message.typeName) || isWrapperDesc(message)
}

/** The same for a field of a path, which has exactly one value. Throws an Error for any other field. */
export function singularPath(message: DescMessage, names: readonly string[]): DescField[] {
  const chain = fieldChain(message, names)
  const last = chain.at(-1)
  if (!last || last.fieldKind === 'list' || !isTextual(last))
    throw new Error(`a path can't contain ${names.join('.')}: it is no single value`)
  return chain
}
