// What of a request message is in the path, in the query and in the body, by the rules of google.api.http.
import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { HttpRule } from './options.ts'

export interface Binding {
  verb: string
  /** As OpenAPI writes it: `/usernames/{username}/availability`. */
  path: string
  inPath: DescField[]
  inQuery: { name: string; field: DescField }[]
  /** The fields that the body has, and of which message. Null if there is no body. */
  body: { message: DescMessage; fields: DescField[] } | null
}

/** `{name}` or `{name=pattern}`. */
const VARIABLE = /\{([\w.]+)(?:=[^}]*)?\}/g

export function bindingOf({ pattern, body }: HttpRule, input: DescMessage): Binding {
  if (pattern.case === undefined || pattern.case === 'custom')
    throw new Error(`${input.typeName}: only the usual HTTP methods are supported.`)
  const names = [...pattern.value.matchAll(VARIABLE)].map(([, name = '']) => name)
  const inPath = names.map((name) => fieldOf(input, name))
  const others = input.fields.filter((field) => !inPath.includes(field))
  const bodyField = body === '' || body === '*' ? undefined : fieldOf(input, body)
  return {
    verb: pattern.case,
    path: pattern.value.replaceAll(VARIABLE, (_, name: string) => `{${fieldOf(input, name).jsonName}}`),
    inPath,
    inQuery:
      body === '*' ? [] : others.filter((field) => field !== bodyField).flatMap((field) => parameters(field, '')),
    body: body === '' ? null : bodyOf(input, others, bodyField),
  }
}

function bodyOf(input: DescMessage, others: DescField[], field: DescField | undefined): Binding['body'] {
  if (!field) return { message: input, fields: others }
  if (!field.message) throw new Error(`${input.typeName}: ${field.name} is no message, and can't be the body.`)
  return { message: field.message, fields: field.message.fields }
}

/** A field of a message is a parameter for each of its own fields: `address.city`. */
function parameters(field: DescField, prefix: string): Binding['inQuery'] {
  const name = `${prefix}${field.jsonName}`
  if (field.fieldKind === 'map') return []
  const isObject = field.message && !field.message.typeName.startsWith('google.protobuf.')
  if (!isObject) return [{ name, field }]
  if (field.fieldKind === 'list') return []
  return field.message.fields.flatMap((inner) => parameters(inner, `${name}.`))
}

function fieldOf(message: DescMessage, name: string): DescField {
  const field = message.fields.find((one) => one.name === name)
  if (!field) throw new Error(`${message.typeName} has no field ${name}, which its google.api.http names.`)
  return field
}
