// Finds what is wrong with the JSON of a message: every field, where the parser stops at the first.
import { type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { fieldProblem, type FieldProblem } from '../http/failure.js'
import { fieldNamed } from '../routes/field-path.js'

/** Far more than any message nests. */
export const MAX_DEPTH = 32

const UNKNOWN = 'Contains an unknown field.'

/**
 * Nothing if each field alone is valid. `path` is where the message is: `body`, or `address`. A generator, because each wrong value
 * takes long, and a body has room for thousands: whoever needs only the first ones does not wait for the others.
 */
export function* problemsIn(message: DescMessage, json: unknown, path = ''): Generator<FieldProblem, void> {
  const at = path === '' ? 'body' : path
  if (!isObject(json)) {
    yield fieldProblem(at, 'Must be an object.')
    return
  }
  let hasUnknown = false
  for (const [name, value] of Object.entries(json)) {
    const field = fieldNamed(message, name)
    if (field) yield* problemsOf(message, field, value, path === '' ? field.jsonName : `${path}.${field.jsonName}`)
    else if (!hasUnknown) {
      hasUnknown = true
      // No response repeats the name of an unknown field: the client may have put a secret there.
      yield fieldProblem(at, UNKNOWN)
    }
  }
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

function* problemsOf(
  message: DescMessage,
  field: DescField,
  value: unknown,
  path: string,
): Generator<FieldProblem, void> {
  if (isAccepted(message, field, value)) return
  if (field.fieldKind !== 'list') return yield* problemsOfValue(field, value, path)
  if (!Array.isArray(value)) {
    yield fieldProblem(path, 'Must be a list.')
    return
  }
  yield* orInvalid(path, problemsOfElements(message, field, value, path))
}

function* problemsOfElements(
  message: DescMessage,
  field: DescField,
  elements: readonly unknown[],
  path: string,
): Generator<FieldProblem, void> {
  for (const [i, element] of elements.entries())
    if (!isAccepted(message, field, [element])) yield* problemsOfValue(field, element, `${path}[${i}]`)
}

/** Of a value that is not accepted. At least one. */
function* problemsOfValue(field: DescField, value: unknown, path: string): Generator<FieldProblem, void> {
  const { message } = field
  if (field.fieldKind === 'map' || !message || isSpecial(message)) yield fieldProblem(path, expected(field))
  else yield* orInvalid(path, problemsIn(message, value, path))
}

/** Each field alone may be valid, and two of them exclude each other. */
function* orInvalid(path: string, problems: Iterable<FieldProblem>): Generator<FieldProblem, void> {
  let isEmpty = true
  for (const problem of problems) {
    isEmpty = false
    yield problem
  }
  if (isEmpty) yield fieldProblem(path, 'Is not valid.')
}

function isAccepted(message: DescMessage, { jsonName }: DescField, value: unknown): boolean {
  try {
    fromJson(message, { [jsonName]: value as JsonValue }, { recursionLimit: MAX_DEPTH })
    return true
  } catch {
    return false
  }
}

/** What a text is instead of the object that its fields would make. */
const FORMS = new Map([
  ['google.protobuf.Timestamp', 'Must be a time, such as 2026-01-31T12:00:00Z.'],
  ['google.protobuf.Duration', 'Must be a duration in seconds, such as 1.5s.'],
  ['google.protobuf.FieldMask', 'Must be names of fields, separated by commas.'],
])

const isSpecial = (message: DescMessage): boolean =>
  message.typeName.startsWith('google.protobuf.') && (FORMS.has(message.typeName) || isWrapperDesc(message))

const WHOLE = 'Must be a whole number in the range of its type.'

const SCALARS: Readonly<Record<ScalarType, string>> = {
  [ScalarType.STRING]: 'Must be a text.',
  [ScalarType.BYTES]: 'Must be base64.',
  [ScalarType.BOOL]: 'Must be true or false.',
  [ScalarType.DOUBLE]: 'Must be a number.',
  [ScalarType.FLOAT]: 'Must be a number.',
  [ScalarType.INT32]: WHOLE,
  [ScalarType.INT64]: WHOLE,
  [ScalarType.UINT32]: WHOLE,
  [ScalarType.UINT64]: WHOLE,
  [ScalarType.SINT32]: WHOLE,
  [ScalarType.SINT64]: WHOLE,
  [ScalarType.FIXED32]: WHOLE,
  [ScalarType.FIXED64]: WHOLE,
  [ScalarType.SFIXED32]: WHOLE,
  [ScalarType.SFIXED64]: WHOLE,
}

function expected({ enum: choices, message, scalar }: DescField): string {
  if (choices) return `Must be one of ${choices.values.map(({ name }) => name).join(', ')}.`
  const form = message && FORMS.get(message.typeName)
  if (form !== undefined) return form
  const type = scalar ?? message.fields[0]?.scalar
  return type === undefined ? 'Is not valid.' : SCALARS[type]
}
