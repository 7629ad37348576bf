// The operations of the document: one for each HTTP request that calls an RPC.
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { bindingOf, type Binding } from './http-rules.ts'
import { commentOf, firstSentence } from './comments.ts'
import { lowerFirst } from './names.ts'
import type { Options } from './options.ts'
import type { Problems } from './problems.ts'
import { described, isRequired, type Schema, type Schemas } from './schemas.ts'
import { ANSWER_HEADERS } from './headers.ts'

export interface Operation {
  path: string
  verb: string
  operation: Schema
}

export interface Parts {
  options: Options
  schemas: Schemas
  problems: Problems
}

export function operationsOf(service: DescService, parts: Parts): Operation[] {
  return service.methods.flatMap((method) =>
    parts.options.httpRules(method).map((rule, index) => {
      const binding = bindingOf(rule, method.input)
      const { path, verb } = binding
      const id = `${lowerFirst(method.name)}${index === 0 ? '' : String(index + 1)}`
      const responses = successOf(method, rule.responseBody, parts)
      return { path, verb, operation: { ...mark(method), ...operation(id, method, binding, responses, parts) } }
    }),
  )
}

/** Deployments may be without any service but the first: the gateway leaves out what is marked with one that it has not. */
export const MARK = 'x-postern-service'

function mark({ parent: { typeName } }: DescMethod): Schema {
  const [, service] = /^postern\.(\w+)\./.exec(typeName) ?? []
  return service === undefined || service === 'auth' ? {} : { [MARK]: service }
}

function operation(operationId: string, method: DescMethod, binding: Binding, responses: Schema, parts: Parts): Schema {
  const { options, schemas, problems } = parts
  const { tag, errors } = options.documentation(method)
  const description = commentOf(method)
  const isPublic = options.isPublic(method)
  const parameters = [
    // The body has all pages of a file.
    ...parametersOf(binding, schemas).filter(({ name }) => name !== 'pageToken' || !options.isFile(method)),
    ...(options.resumesEvents(method) ? [LAST_EVENT_ID] : []),
  ]
  return {
    operationId,
    summary: firstSentence(description),
    ...described(description),
    ...(tag && { tags: [tag] }),
    // Without it, the security of the document applies: an access token.
    ...(isPublic && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(binding.body && { requestBody: requestBody(binding.body, binding.verb, schemas) }),
    responses: {
      ...responses,
      ...problems.responses({ codes: errors, isPublic, hasBody: binding.body !== null }),
    },
    ...(method.deprecated && { deprecated: true }),
  }
}

function parametersOf({ inPath, inQuery }: Binding, schemas: Schemas): Schema[] {
  const parameter = (place: string, name: string, field: Binding['inPath'][number], required: boolean): Schema => {
    const { description, deprecated, ...schema } = schemas.ofField(field, 'request')
    return {
      name,
      in: place,
      required,
      ...(description !== undefined && { description }),
      ...(deprecated === true && { deprecated }),
      schema,
    }
  }
  return [
    ...inPath.map((field) => parameter('path', field.jsonName, field, true)),
    // A text that is not in the query is empty, as one that is.
    ...inQuery.map(({ name, field }) => parameter('query', name, field, false)),
  ]
}

const LAST_EVENT_ID: Schema = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last event that the client has seen: the events after it come first.',
  schema: { type: 'string' },
}

export const success = (description: string, schema: Schema, type = 'application/json'): Schema => ({
  200: { description, headers: ANSWER_HEADERS, content: { [type]: { schema } } },
})

function successOf(method: DescMethod, responseBody: string, { options, schemas }: Parts): Schema {
  const { output, methodKind } = method
  const field = output.fields.find(({ name }) => name === responseBody)
  const description = commentOf(field ?? output)
  if (options.isFile(method)) return success('The file.', { type: 'string' }, '*/*')
  const schema = field ? schemas.ofField(field, 'response') : schemas.ofMessage(output, 'response')
  return success(description, schema, methodKind === 'unary' ? 'application/json' : 'text/event-stream')
}

function requestBody({ message, fields }: NonNullable<Binding['body']>, verb: string, schemas: Schemas): Schema {
  const direction = verb === 'patch' ? 'patch' : 'request'
  const isWhole = fields.length === message.fields.length
  const example = fields.map((field) => [field.jsonName, schemas.exampleOf(field)] as const)
  return {
    required: fields.some(isRequired),
    content: {
      'application/json': {
        schema: isWhole ? schemas.ofMessage(message, direction) : schemas.ofFields(message, fields, direction),
        example: Object.fromEntries(example.filter(([, value]) => value !== undefined)),
      },
    },
  }
}
