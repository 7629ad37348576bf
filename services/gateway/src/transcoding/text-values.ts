// The JSON of a value that a path or a query has as text.
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/** Text that has another form is returned as it is: the message refuses it. */
export function jsonOfText(field: DescField, text: string): unknown {
  if (field.enum) return /^-?\d{1,10}$/.test(text) ? Number(text) : text
  const scalar = field.scalar ?? scalarIn(field.message)
  if (scalar === ScalarType.BOOL) return text === 'true' ? true : text === 'false' ? false : text
  return text
}

const scalarIn = (message: DescMessage | undefined): ScalarType | undefined =>
  message && isWrapperDesc(message) ? message.fields[0].scalar : undefined
