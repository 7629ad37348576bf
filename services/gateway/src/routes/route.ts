// The routes of the annotations: which HTTP request calls which RPC, and where each field of its message comes from.
import { type DescField, type DescMessage, type DescMethod, type DescService, getOption } from '@bufbuild/protobuf'
import { http, type HttpRule } from '@postern/proto/http-rules'
import { type Events, eventsOf } from './events.js'
import { fieldChain, singularPath } from './field-path.js'
import { type FileFields, fileFieldsOf } from './file-response.js'
import { isForServices, type Operation, operationOf, type Rpc } from './rpc.js'
import { parseTemplate, type Template, type TemplateVariable } from './template.js'
import { updateMaskOf } from './update-mask-field.js'

export interface PathVariable extends TemplateVariable {
  /** The fields that the names stand for, from the message of the request on. */
  readonly chain: readonly DescField[]
}

export interface Route extends Rpc {
  readonly operation: Operation
  readonly httpMethod: string
  /** As the annotation has it. */
  readonly path: string
  readonly template: Template
  readonly variables: readonly PathVariable[]
  /** What the body of the request is: all fields that the path has not, one field, or nothing. */
  readonly body: 'all' | 'none' | DescField
  /** The field that is the body of the response. Null: the whole message. */
  readonly responseBody: DescField | null
  /** How its responses are sent as events. Null for an RPC with one response. */
  readonly events: Events | null
  /** How its response is sent as a file. Null if it is none. */
  readonly file: FileFields | null
}

/** Throws an Error that names the RPC if an annotation is wrong. */
export const routesOf = (service: string, definitions: readonly DescService[]): Route[] =>
  definitions.flatMap(({ methods }) =>
    methods.flatMap((method) => rulesOf(method).map((rule) => routeOf(service, method, rule))),
  )

function rulesOf(method: DescMethod): HttpRule[] {
  const rule = getOption(method, http)
  return rule.pattern.case === undefined ? [] : [rule, ...rule.additionalBindings]
}

function routeOf(service: string, method: DescMethod, rule: HttpRule): Route {
  try {
    if (isForServices(method)) throw new Error('only services call it, so that it has no route')
    const [httpMethod, path] = patternOf(rule)
    const events = eventsOf(method, httpMethod)
    const template = parseTemplate(path)
    const variables = template.variables.map((variable) => ({
      ...variable,
      chain: singularPath(method.input, variable.fieldPath),
    }))
    const names = variables.map(({ fieldPath }) => fieldPath.join('.'))
    if (new Set(names).size < names.length) throw new Error('a field occurs twice in the path')
    const body = bodyOf(method.input, rule.body)
    if (body !== 'none' && (httpMethod === 'GET' || httpMethod === 'HEAD')) throw new Error('GET has no body')
    if (httpMethod === 'PATCH' && !updateMaskOf(method.input))
      throw new Error('a PATCH needs the field update_mask: without it, null could clear nothing')
    const responseBody = rule.responseBody === '' ? null : lastOf(fieldChain(method.output, [rule.responseBody]))
    const operation = operationOf(method)
    const file = fileFieldsOf(method)
    if (file && httpMethod !== 'GET') throw new Error('a file is the response of a GET')
    return { service, method, operation, httpMethod, path, template, variables, body, responseBody, events, file }
  } catch (error) {
    throw new Error(`${method.toString()}: ${(error as Error).message}`, { cause: error })
  }
}

function patternOf({ pattern }: HttpRule): [method: string, path: string] {
  if (pattern.case === undefined) throw new Error('an additional binding has no path')
  if (pattern.case === 'custom') return [pattern.value.kind.toUpperCase(), pattern.value.path]
  return [pattern.case.toUpperCase(), pattern.value]
}

function bodyOf(input: DescMessage, body: string): Route['body'] {
  if (body === '') return 'none'
  return body === '*' ? 'all' : lastOf(fieldChain(input, [body]))
}

function lastOf(chain: readonly DescField[]): DescField {
  const last = chain.at(-1)
  if (!last) throw new Error('a field has no name')
  return last
}
