// Finds what is wrong with the JSON of a message: every field, where the parser stops at the first.
import { type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { fieldProblem, type FieldProblem, MAX_PROBLEMS } from '../http/failure.js'
import { fieldNamed } from '../routes/field-path.js'

/** Far more than any message nests. */
export const MAX_DEPTH = 32

const UNKNOWN = 'Contains an unknown field.'

/** Empty if each field alone is valid. `path` is where the message is: `body`, or `address`. */
export function problemsIn(message: DescMessage, json: unknown, path = ''): FieldProblem[] {
  const at = path === '' ? 'body' : path
  if (!isObject(json)) return [fieldProblem(at, 'Must be an object.')]
  const problems: FieldProblem[] = []
  for (const [name, value] of Object.entries(json)) {
    if (problems.length >= MAX_PROBLEMS) break
    const field = fieldNamed(message, name)
    // No response repeats the name of an unknown field: the client may have put a secret there.
    if (field)
      problems.push(...problemsOf(message, field, value, path === '' ? field.jsonName : `${path}.${field.jsonName}`))
    else if (!problems.some((known) => known.path === at && known.message === UNKNOWN))
      problems.push(fieldProblem(at, UNKNOWN))
  }
  return problems.slice(0, MAX_PROBLEMS)
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

function problemsOf(message: DescMessage, field: DescField, value: unknown, path: string): FieldProblem[] {
  if (isAccepted(message, field, value)) return []
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) return [fieldProblem(path, 'Must be a list.')]
    const elements = value.flatMap((element, i) => problemsOfElement(message, field, element, `${path}[${i}]`))
    return elements.length > 0 ? elements : [fieldProblem(path, 'Is not valid.')]
  }
  if (field.fieldKind === 'message' && !isSpecial(field.message)) {
    const inner = problemsIn(field.message, value, path)
    return inner.length > 0 ? inner : [fieldProblem(path, 'Is not valid.')]
  }
  return [fieldProblem(path, expected(field))]
}

function problemsOfElement(message: DescMessage, field: DescField, element: unknown, path: string): FieldProblem[] {
  if (isAccepted(message, field, [element])) return []
  const { message: inner } = field
  return inner && !isSpecial(inner) ? problemsIn(inner, element, path) : [fieldProblem(path, expected(field))]
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
