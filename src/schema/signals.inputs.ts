// The rules for the inputs of signals.graphql, and for what receivers send.
import { z } from 'zod'
import { line, text } from '@postern/service/input/text-rules'
import { optionalLine } from './field-rules.js'
import { pageOf } from './page-rules.js'

const MAX_URL_LENGTH = 2048
const MAX_EVENTS = 50
/** As many acknowledgements, and refusals, as one poll may have. */
const MAX_ACKS = 500
const MAX_ERRORS = 100

/** The service checks more: which hosts are allowed. */
const url = text.refine((value) => value.length <= MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)

/** What a header can contain, on one line. */
const header = text.refine((value) => /^[\x21-\x7e][\x20-\x7e]{0,1023}$/.test(value), {
  message: 'must have 1 to 1024 ASCII characters on one line',
})

/** Unknown types are allowed: SSF 1.0 ignores them. */
const events = z
  .array(text.refine((value) => /^[\x21-\x7e]{1,255}$/.test(value), 'must be the URI of a type of event'))
  .min(1, 'must not be empty')
  .max(MAX_EVENTS, `must have at most ${MAX_EVENTS} types`)

const state = text.refine((value) => value.length <= 1024, 'must have at most 1024 characters')

/** What an update leaves out stays, so null and absent differ. */
const description = optionalLine(255)

export const signalInputs = {
  signalStreams: pageOf({}),
  createSignalStream: z.object({
    audience: line(255),
    description,
    delivery: z.enum(['PUSH', 'POLL']),
    endpointUrl: url.nullish(),
    authorizationHeader: header.nullish(),
    events: events.nullish(),
  }),
  updateSignalStream: z.object({
    description,
    endpointUrl: url.nullish(),
    authorizationHeader: header.nullish(),
    events: events.nullish(),
    status: z.enum(['ENABLED', 'PAUSED', 'DISABLED']).nullish(),
    statusReason: optionalLine(255),
  }),
  requestSignalVerification: z.object({ state: state.nullish() }),
}

const jti = z.string().max(255)

/** Bodies of receivers' requests. Members that the service does not know are ignored. */
export const receiverInputs = {
  poll: z.object({
    maxEvents: z.int().min(0).optional(),
    returnImmediately: z.boolean().optional(),
    ack: z.array(jti).max(MAX_ACKS).optional(),
    // Counted before they are checked: a body has room for thousands of wrong ones.
    setErrs: z
      .record(z.string(), z.unknown())
      .refine((errors) => Object.keys(errors).length <= MAX_ERRORS, `must have at most ${MAX_ERRORS} members`)
      .pipe(z.record(jti, z.object({ err: z.string().max(255), description: z.string().max(4096).optional() })))
      .optional(),
  }),
  status: z.object({
    stream_id: z.string(),
    status: z.enum(['enabled', 'paused', 'disabled']),
    reason: optionalLine(255),
  }),
  verification: z.object({ stream_id: z.string(), state: state.optional() }),
}
