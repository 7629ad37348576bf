// Makes the message of an RPC from the path, the query and the body of a request (google.api.http).
import {
  create,
  type DescMessage,
  fromJsonString,
  isFieldSet,
  type JsonValue,
  mergeFromJson,
  type Message,
} from '@bufbuild/protobuf'
import { firstProblems } from '@postern/contract/first-problems'
import type { FastifyRequest } from 'fastify'
import { fieldProblem, type FieldProblem, invalidInput } from '../http/failure.js'
import type { Match } from '../routes/match.js'
import type { Route } from '../routes/route.js'
import { readJson } from './body.js'
import { MAX_DEPTH, problemsIn } from './field-problems.js'
import { type JsonObject, pathOfChain, pathParameters, queryParameters } from './parameters.js'
import { addUpdateMask } from './update-mask.js'

const LIMITS = { recursionLimit: MAX_DEPTH }

/** Throws a Failure that lists every field that is wrong. */
export function readMessage(request: FastifyRequest, match: Match): Message {
  const { route } = match
  const { input } = route.method
  const problems: FieldProblem[] = []
  const parameters: JsonObject = {}
  pathParameters(match, parameters, problems)
  queryParameters(route, request.url, parameters, problems)

  const body = route.body === 'none' ? null : wholeBody(route, request)
  const message = body ? fromBody(input, body, problems) : create(input)
  for (const { chain } of route.variables) {
    const [first] = chain
    // The path says what the request is for, for example to what stands in front of the gateway.
    if (body && first && chain.length === 1 && isFieldSet(message, first))
      problems.push(fieldProblem(pathOfChain(chain), 'Give it in the path only.'))
  }
  merge(input, message, parameters, problems)
  if (problems.length > 0) throw invalidInput(firstProblems(problems))
  if (body && request.method === 'PATCH') addUpdateMask(route, message, body.value as JsonObject)
  return message
}

interface Body {
  readonly text: string
  readonly value: unknown
}

/** The body as the JSON of the whole message. */
function wholeBody({ body: field }: Route, request: FastifyRequest): Body | null {
  const body = readJson(request)
  if (!body || typeof field === 'string') return body
  // The text alone is valid JSON, so that nothing in it ends the object.
  return { text: `{${JSON.stringify(field.jsonName)}:${body.text}}`, value: { [field.jsonName]: body.value } }
}

const together = (path: string) => fieldProblem(path, 'A field occurs twice, or fields exclude each other.')

function fromBody(input: DescMessage, { text, value }: Body, problems: FieldProblem[]): Message {
  try {
    // Of the text, because it refuses names that occur twice.
    return fromJsonString(input, text, LIMITS)
  } catch {
    const found = firstProblems(problemsIn(input, value))
    problems.push(...(found.length > 0 ? found : [together('body')]))
    return create(input)
  }
}

function merge(input: DescMessage, message: Message, parameters: JsonObject, problems: FieldProblem[]): void {
  try {
    mergeFromJson(input, message, parameters as JsonValue, LIMITS)
  } catch {
    const found = firstProblems(problemsIn(input, parameters))
    problems.push(...(found.length > 0 ? found : [together('query')]))
  }
}
