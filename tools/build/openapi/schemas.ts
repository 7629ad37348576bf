// The JSON Schemas of messages and enums in their canonical JSON form (ProtoJSON).
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { commentOf } from './comments.ts'
import type { Options } from './options.ts'

export type Schema = Record<string, unknown>

/** Whether clients receive a message, send it, or send it to change something (RFC 7396), where null clears a field. */
export type Direction = 'response' | 'request' | 'patch'

const INTEGER: Schema = { type: 'integer', format: 'int32' }
const UNSIGNED: Schema = { type: 'integer', format: 'uint32', minimum: 0 }
/** A number of JavaScript does not have 64 bits. */
const LONG: Schema = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' }
const UNSIGNED_LONG: Schema = { type: 'string', format: 'uint64', pattern: '^[0-9]+$' }

const SCALARS: Record<ScalarType, Schema> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT32]: INTEGER,
  [ScalarType.SINT32]: INTEGER,
  [ScalarType.SFIXED32]: INTEGER,
  [ScalarType.UINT32]: UNSIGNED,
  [ScalarType.FIXED32]: UNSIGNED,
  [ScalarType.INT64]: LONG,
  [ScalarType.SINT64]: LONG,
  [ScalarType.SFIXED64]: LONG,
  [ScalarType.UINT64]: UNSIGNED_LONG,
  [ScalarType.FIXED64]: UNSIGNED_LONG,
}

/** Messages whose JSON is not an object of their fields. */
const WELL_KNOWN: Record<string, Schema | undefined> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': { type: 'object', properties: { '@type': { type: 'string' } } },
  'google.protobuf.StringValue': { type: ['string', 'null'] },
  'google.protobuf.BoolValue': { type: ['boolean', 'null'] },
}

/** Makes the schemas, and collects those of the messages and enums that are referred to. */
export function createSchemas({ example }: Pick<Options, 'example'>) {
  const named = new Map<string, { typeName: string; schema: Schema }>()

  /** A reference to the schema with this name, which `define` makes if it does not exist yet. */
  function reference(name: string, { typeName }: DescMessage | DescEnum, define: () => Schema): Schema {
    const earlier = named.get(name)
    if (earlier && earlier.typeName !== typeName)
      throw new Error(`${earlier.typeName} and ${typeName} would both be the schema ${name}.`)
    if (!earlier) {
      // Before it is defined: a message can contain itself.
      const entry = { typeName, schema: {} }
      named.set(name, entry)
      entry.schema = define()
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  function ofMessage(message: DescMessage, direction: Direction): Schema {
    // Parts of a change are also parts of responses, in which nothing is null.
    const name = direction === 'patch' && !message.name.endsWith('Request') ? `${message.name}Change` : message.name
    const known = WELL_KNOWN[message.typeName]
    return known ?? reference(name, message, () => ofFields(message, message.fields, direction))
  }

  /** The object of these fields of a message. */
  function ofFields(message: DescMessage, fields: readonly DescField[], direction: Direction): Schema {
    const required = fields.filter(direction === 'response' ? isAlwaysSent : isRequired)
    return {
      type: 'object',
      ...described(commentOf(message)),
      properties: Object.fromEntries(fields.map((field) => [field.jsonName, ofField(field, direction)])),
      ...(required.length > 0 && { required: required.map(({ jsonName }) => jsonName) }),
    }
  }

  const ofEnum = (type: DescEnum): Schema =>
    reference(type.name, type, () => {
      const list = type.values.map((value) => `- \`${value.name}\`: ${commentOf(value)}`).join('\n')
      return {
        type: 'string',
        description: `${commentOf(type)}\n\n${list}`,
        enum: type.values.map(({ name }) => name),
      }
    })

  function ofValue(field: DescField, direction: Direction): Schema {
    if (field.message) return ofMessage(field.message, direction)
    return field.enum ? ofEnum(field.enum) : SCALARS[field.scalar]
  }

  function ofField(field: DescField, direction: Direction): Schema {
    const exampleValue = exampleOf(field)
    const schema = inContainer(field, ofValue(field, direction))
    return {
      ...(direction === 'patch' && !isImplicit(field) ? orNull(schema) : schema),
      ...described(commentOf(field)),
      ...(exampleValue !== undefined && { examples: [exampleValue] }),
      ...(field.deprecated && { deprecated: true }),
    }
  }

  /** The value that documents show for a field. Undefined if it has none. */
  function exampleOf(field: DescField): unknown {
    const text = example(field)
    return text === undefined || field.scalar === ScalarType.STRING || field.message ? text : JSON.parse(text)
  }

  return {
    ofMessage,
    ofFields,
    ofField,
    exampleOf,

    /** All that were referred to, sorted by name. */
    all: (): Record<string, Schema> =>
      Object.fromEntries(
        [...named]
          .map(([name, { schema }]) => [name, schema] as const)
          .toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
  }
}

export type Schemas = ReturnType<typeof createSchemas>

function inContainer(field: DescField, schema: Schema): Schema {
  if (field.fieldKind === 'list') return { type: 'array', items: schema }
  return field.fieldKind === 'map' ? { type: 'object', additionalProperties: schema } : schema
}

/** The gateway takes null of any field that can be absent. */
const orNull = (schema: Schema): Schema =>
  typeof schema['type'] === 'string'
    ? { ...schema, type: [schema['type'], 'null'] }
    : { anyOf: [schema, { type: 'null' }] }

const isImplicit = (field: DescField): boolean => field.presence === FeatureSet_FieldPresence.IMPLICIT

/** The gateway also sends zeros, empty strings and empty lists, but no optional fields that are not set. */
const isAlwaysSent = (field: DescField): boolean =>
  isImplicit(field) || field.fieldKind === 'list' || field.fieldKind === 'map'

/** A string that is not `optional` means nothing when it is empty. Numbers and booleans have a default. */
export const isRequired = (field: DescField): boolean =>
  isImplicit(field) && field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING

export const described = (description: string): Schema => (description ? { description } : {})
